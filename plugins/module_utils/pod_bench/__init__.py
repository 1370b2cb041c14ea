"""Measuring between pods of a cluster by Jobs: every pair of nodes, every network.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .bench import Bench
from .settings import Settings

__all__ = ["Bench", "Settings"]

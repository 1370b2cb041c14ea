"""A node's pod networks.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .spec import NetworkSpec, SpecError
from .subject import ClusterNetwork

__all__ = ["ClusterNetwork", "NetworkSpec", "SpecError"]

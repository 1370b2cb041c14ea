"""Bare-metal nodes of Ironic: the whole list, each brought to its state from whatever state.

Runs on the controller; no Ansible.
"""

from __future__ import annotations

from .spec import NodesSpec, SpecError
from .subject import CloudNodes

__all__ = ["CloudNodes", "NodesSpec", "SpecError"]

"""Nodes that leave a cluster: drained, out of etcd, out of the API.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .spec import RemovalSpec, SpecError
from .subject import ClusterRemoval

__all__ = ["ClusterRemoval", "RemovalSpec", "SpecError"]

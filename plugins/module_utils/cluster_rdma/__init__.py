"""RDMA for pods of a node.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .spec import RdmaSpec, SpecError
from .subject import ClusterRdma

__all__ = ["ClusterRdma", "RdmaSpec", "SpecError"]

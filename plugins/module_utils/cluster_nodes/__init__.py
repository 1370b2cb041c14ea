"""Labels and taints of a cluster's nodes.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .spec import NodesSpec, SpecError
from .subject import ClusterNodes

__all__ = ["ClusterNodes", "NodesSpec", "SpecError"]

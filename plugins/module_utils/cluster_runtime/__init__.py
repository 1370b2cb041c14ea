"""What a node needs before it can join a cluster: containerd, kubelet and their programs.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .spec import RuntimeSpec, SpecError
from .subject import ClusterRuntime

__all__ = ["ClusterRuntime", "RuntimeSpec", "SpecError"]

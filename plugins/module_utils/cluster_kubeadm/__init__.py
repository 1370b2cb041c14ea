"""A node's membership in a cluster, by kubeadm.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .credentials import join_credentials
from .spec import Join, KubeadmSpec, SpecError
from .subject import ClusterKubeadm

__all__ = ["ClusterKubeadm", "Join", "KubeadmSpec", "SpecError", "join_credentials"]

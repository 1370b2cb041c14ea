"""kube-proxy and CoreDNS as kubeadm of the cluster's version writes them.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .manifests import manifests
from .spec import AddonsSpec, SpecError

__all__ = ["AddonsSpec", "SpecError", "manifests"]

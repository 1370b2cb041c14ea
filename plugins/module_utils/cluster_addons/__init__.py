"""kube-proxy and CoreDNS as kubeadm of the cluster's version writes them.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .spec import AddonsSpec, SpecError
from .subject import ClusterAddons

__all__ = ["AddonsSpec", "ClusterAddons", "SpecError"]

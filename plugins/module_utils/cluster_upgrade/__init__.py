"""A node's way to the model's version of Kubernetes, by kubeadm.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .node import Guard, Kubelet, Manifests, UpgradeSpec, look
from .pods import Close, Open

__all__ = ["Close", "Guard", "Kubelet", "Manifests", "Open", "UpgradeSpec", "look"]

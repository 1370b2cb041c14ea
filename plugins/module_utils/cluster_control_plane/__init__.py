"""What keeps a control plane as the model says, after kubeadm has made it.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .spec import ControlPlaneSpec, SpecError
from .subject import Serving, Upkeep

__all__ = ["ControlPlaneSpec", "Serving", "SpecError", "Upkeep"]

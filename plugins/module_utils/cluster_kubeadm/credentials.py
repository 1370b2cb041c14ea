"""What lets one more node join, made on a control plane: short-lived."""

from __future__ import annotations

from typing import Any

from ..system import System
from . import api_server, etcd
from .paths import ADMIN, CA, KUBEADM
from .spec import CONTROL_PLANE, KubeadmSpec

LIFETIME = "15m"


def join_credentials(system: System, spec: KubeadmSpec) -> dict[str, Any]:
    """``{token, ca, files}`` (``spec.Join``) for the node of *spec*.

    For a control plane the stale member of etcd with its name is taken out first. Raises
    CommandError, or ValueError where this host is no control plane.
    """
    ca = system.read(CA)
    if ca is None:
        raise ValueError(f"{CA} cannot be read: this host is no control plane")
    files = {}
    if spec.role == CONTROL_PLANE:
        files = api_server.hand_over(system)
        etcd.forget(system, spec.node, spec.address)
    token = system.run(
        KUBEADM, "token", "create", "--ttl", LIFETIME, "--kubeconfig", ADMIN,
        "--description", "made by Slipway for nodes that join",
    ).stdout.strip()  # fmt: skip
    return {"token": token, "ca": f"{ca}\n", "files": files}

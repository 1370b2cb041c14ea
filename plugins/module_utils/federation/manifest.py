"""Plain manifests, and what those of the federation have in common."""

from __future__ import annotations

from typing import Any

#: The link that an object is of.
LABEL = "slipway.federation/link"


def manifest(
    api: str, kind: str, name: str, namespace: str = "", labels: dict[str, str] | None = None,
    **rest: Any,
) -> dict[str, Any]:  # fmt: skip
    metadata: dict[str, Any] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = labels
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def bind(kind: str, name: str, role: str, subject: str, namespace: str = "") -> dict[str, Any]:
    """A user bound to a ClusterRole, in a namespace or (kind ClusterRoleBinding) everywhere."""
    api = "rbac.authorization.k8s.io"
    return manifest(
        f"{api}/v1", kind, name, namespace,
        roleRef={"apiGroup": api, "kind": "ClusterRole", "name": role},
        subjects=[{"apiGroup": api, "kind": "User", "name": subject}],
    )  # fmt: skip

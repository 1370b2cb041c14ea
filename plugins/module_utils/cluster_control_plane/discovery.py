"""Who trusts this cluster's service accounts reads its keys without an account here."""

from __future__ import annotations

import json
from typing import Any

from ..converge import Check, Plan, Step
from ..system import System
from .node import is_member, kubectl, reachable

BINDING = {
    "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
    "metadata": {"name": "slipway:issuer-discovery"},
    "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
        "name": "system:service-account-issuer-discovery",
    },
    "subjects": [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group",
         "name": "system:unauthenticated"},
    ],
}  # fmt: skip


class IssuerDiscovery:
    """The binding; what it allows is two addresses with public keys."""

    name = "discovery"

    def __init__(self, system: System) -> None:
        self.system = system

    def observe(self) -> dict[str, Any]:
        if not is_member(self.system):
            return {"bound": False}
        if not reachable(self.system):
            return {"bound": None}
        asked = kubectl(
            self.system, "get", "clusterrolebinding", BINDING["metadata"]["name"],
            "--ignore-not-found", "--output", "json",
        ).stdout  # fmt: skip
        have = json.loads(asked or "{}")
        return {"bound": all(have.get(key) == BINDING[key] for key in ("roleRef", "subjects"))}

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        if seen["bound"] is False:
            plan.steps.append(
                Step("rbac:issuer-discovery", "keys of service accounts are public", self._bind,
                     lambda: None if self.observe()["bound"] else "is not bound",
                     before="not bound", after="system:unauthenticated")
            )  # fmt: skip

    def _bind(self) -> None:
        name = BINDING["metadata"]["name"]
        # what a binding refers to cannot be changed
        kubectl(self.system, "delete", "clusterrolebinding", name, "--ignore-not-found")
        kubectl(self.system, "create", "--filename", "-", stdin=json.dumps(BINDING))

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        return [
            Check("issuer: its keys can be read by all", seen["bound"], True, seen["bound"],
                  step="rbac:issuer-discovery",
                  look=f"kubectl get clusterrolebinding {BINDING['metadata']['name']} -o yaml")
        ]  # fmt: skip

"""A stand-in for a device plugin: the node's own status says how many pods may ask for RDMA.

Where the RDMA device is no PCI function (Soft-RoCE), no device plugin finds it. Only the count
is offered; the device is the pod's own matter. Kubernetes: "Advertise Extended Resources for a
Node". kubelet's own credential may do it, for its own Node only.
"""

from __future__ import annotations

from typing import Any

from ..converge import STAND_IN, Check, Plan, Step
from ..kube_api import Api, Reference
from ..system import System
from .spec import RdmaSpec

KUBECONFIG = "/etc/kubernetes/kubelet.conf"
PREFIX = "rdma/"


class StandInCount:
    name = "stand_in"

    def __init__(self, system: System, spec: RdmaSpec) -> None:
        self.system, self.spec = system, spec
        self._api: Api | None = None

    def api(self) -> Api:
        if self._api is None:
            self._api = Api.of_kubeconfig(self.system, KUBECONFIG)
        return self._api

    def observe(self) -> dict[str, Any]:
        """{counts: {resource: number as text}}; None where the node is in no cluster yet."""
        if self.spec.plugin != "stand-in" or not self.system.exists(KUBECONFIG):
            return {"counts": None}
        node = self.api().get(Reference("v1", "Node", "", self.spec.node)) or {}
        capacity = node.get("status", {}).get("capacity", {})
        return {"counts": {n: v for n, v in capacity.items() if n.startswith(PREFIX)}}

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        if self.spec.plugin != "stand-in":
            return
        now = seen["counts"] or {}
        for name in sorted({*now, *self.spec.resources}):
            count = self.spec.resources.get(name)
            wanted = None if count is None else str(count)
            if now.get(name) != wanted:
                plan.steps.append(self._offer(name, now.get(name), wanted))

    def _offer(self, name: str, before: str | None, wanted: str | None) -> Step:
        def do() -> None:
            path = f"/api/v1/nodes/{self.spec.node}/status"
            # kubelet keeps what it does not know, and copies it to what pods may take
            change = {"status": {"capacity": {name: wanted}, "allocatable": {name: wanted}}}
            self.api().request("PATCH", path, change, content="application/merge-patch+json")

        def proof() -> str | None:
            found = (self.observe()["counts"] or {}).get(name)
            return None if found == wanted else f"the Node says {found}"

        return Step(
            f"count:{name}", "a stand-in: no device plugin finds the device", do, proof,
            before=before, after=wanted,
        )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        if self.spec.plugin != "stand-in":
            return []
        now = seen["counts"] or {}
        return [
            Check(f"Node offers {name}", now.get(name) == str(count), str(count), now.get(name),
                  source=STAND_IN, step=f"count:{name}",
                  look=f"kubectl get node {self.spec.node} -o yaml")
            for name, count in self.spec.resources.items()
        ]  # fmt: skip

"""Pods leave a node for the time of its upgrade; asked on a control plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..cluster_removal import drain
from ..converge import Check, Plan, Refusal, Step
from ..kube_api import Api, Object
from ..system import System

#: On a Node that the upgrade has cordoned; who was cordoned before stays so.
MARK = "slipway.upgrade/cordoned"


class _Pods:
    name = "cluster_upgrade"

    def __init__(self, system: System, node: str, connect: Callable[[], Api]) -> None:
        self.system, self.node, self._connect = system, node, connect

    def observe(self) -> dict[str, Any]:
        """``{kubelet, cordoned, marked, pods, lost}``"""
        self.api = self._connect()
        found = self.api.get(drain.reference(self.node))
        if found is None:
            raise ValueError(f"{self.node} is no node of this cluster: has it joined?")
        pods = drain.leaving(self.api, self.node)
        return {
            "kubelet": found["status"]["nodeInfo"]["kubeletVersion"],
            "cordoned": bool(found.get("spec", {}).get("unschedulable")),
            "marked": MARK in found["metadata"].get("annotations", {}),
            "pods": [drain.name(pod) for pod in pods],
            "lost": [drain.name(pod) for pod in pods if drain.owner(pod) is None],
        }

    def verify(self, seen: dict[str, Any]) -> Sequence[Check]:
        return ()

    def _mark(self, value: str | None, closed: bool | None) -> None:
        change: Object = {
            "metadata": {"annotations": {MARK: value}}, "spec": {"unschedulable": closed},
        }  # fmt: skip
        self.api.merge(drain.reference(self.node), change)


class Close(_Pods):
    """The node is cordoned and drained, unless its kubelet has the version already."""

    def __init__(
        self, system: System, node: str, connect: Callable[[], Api], *,
        wanted: str, wait: int, force: bool,
    ) -> None:  # fmt: skip
        super().__init__(system, node, connect)
        self.wanted, self.wait, self.force = wanted, wait, force

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        if seen["kubelet"] == self.wanted:
            return plan
        if seen["lost"] and not self.force:
            plan.refusals.append(
                Refusal("pods-lost", f"nobody brings {', '.join(seen['lost'])} back",
                        "Delete them, or say -e cluster_upgrade_force=true")
            )  # fmt: skip
        if not seen["cordoned"]:
            plan.steps.append(
                Step(f"cordon:{self.node}", "its kubelet is upgraded",
                     lambda: self._mark("true", True), before="takes pods", after="takes none")
            )  # fmt: skip
        if seen["pods"]:
            plan.steps.append(
                Step(f"drain:{self.node}", "its pods go to other nodes",
                     lambda: drain.drain(self.api, self.node, self.wait, self.system.sleep),
                     before=", ".join(seen["pods"]), after="", disrupts=f"pods:{self.node}")
            )  # fmt: skip
        return plan


class Open(_Pods):
    """The node takes pods again, where the upgrade had cordoned it."""

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        if seen["marked"]:
            plan.steps.append(
                Step(f"uncordon:{self.node}", "it is upgraded", lambda: self._mark(None, None),
                     before="takes none", after="takes pods")
            )  # fmt: skip
        return plan

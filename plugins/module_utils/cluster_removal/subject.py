"""Removal as a subject of converge. Everything is refused before the first node is touched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..cluster_kubeadm import etcd
from ..cluster_kubeadm.etcd import Member
from ..converge import Check, Plan, Refusal, Step
from ..kube_api import Api, Object
from ..system import System
from . import drain
from .spec import RemovalSpec

#: Nodes behind which no kubelet of this cluster is.
VIRTUAL = "virtual-kubelet.io/provider"


class ClusterRemoval:
    """Asked on a control plane; *connect* gives None where the cluster has not begun."""

    name = "cluster_removal"

    def __init__(
        self, system: System, spec: RemovalSpec, connect: Callable[[], Api | None]
    ) -> None:
        self.system, self.spec, self._connect = system, spec, connect
        self.api: Api | None = None

    def observe(self) -> dict[str, Any]:
        """``{asked, nodes: {name: {ready, cordoned, pods, lost}}, members}``; pods of those that
        are to leave only."""
        self.api = self._connect()
        if self.api is None:
            return {"asked": False, "nodes": {}, "members": []}
        nodes = {
            node["metadata"]["name"]: self._facts(node)
            for node in self.api.list("v1", "Node")
            if VIRTUAL not in node["metadata"].get("labels", {})
        }
        members = [member.__dict__ for member in etcd.members(self.system)]
        return {"asked": True, "nodes": nodes, "members": members}

    def _facts(self, node: Object) -> dict[str, Any]:
        name = node["metadata"]["name"]
        assert self.api
        pods = drain.leaving(self.api, name) if name in self.spec.remove else []
        return {
            "ready": drain.ready(node),
            "cordoned": bool(node.get("spec", {}).get("unschedulable")),
            "pods": [drain.name(pod) for pod in pods],
            "lost": [drain.name(pod) for pod in pods if drain.owner(pod) is None],
        }

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        members = [Member(**each) for each in seen["members"]]
        there = {*seen["nodes"], *(member.name for member in members if member.name)}
        for name in sorted(there - {*self.spec.model, *self.spec.remove}):
            plan.left.append(
                f"{name} is a node, and not in the model (-e cluster_remove_nodes={name})"
            )
        for name in self.spec.remove:
            if name in self.spec.model:
                plan.refusals.append(
                    Refusal("in-the-model", f"{name} is in the model",
                            "Take it out first: the next run would bring it back")
                )  # fmt: skip
            elif seen["asked"] and name not in there:
                plan.warnings.append(f"{name} is no node of this cluster")
            self._refuse_losses(name, seen, plan)
        self._refuse_quorum(members, plan)
        for name in self._order(members):
            self._leave(name, seen, members, plan)
        return plan

    def _order(self, members: list[Member]) -> list[str]:
        """Who is dead goes first: etcd can spare more then."""
        alive = {member.name for member in members if member.healthy}
        return sorted(self.spec.remove, key=lambda name: name in alive)

    def _refuse_losses(self, name: str, seen: dict[str, Any], plan: Plan) -> None:
        lost = seen["nodes"].get(name, {}).get("lost")
        if lost and not self.spec.force:
            plan.refusals.append(
                Refusal("pods-lost", f"nobody brings {', '.join(lost)} of {name} back",
                        "Delete them, or say -e cluster_remove_force=true")
            )  # fmt: skip

    def _refuse_quorum(self, members: list[Member], plan: Plan) -> None:
        """One after the other, as they would be taken out."""
        for name in self._order(members):
            for member in etcd.of_host(members, name):
                reason = etcd.refusal(members, member)
                if reason:
                    plan.refusals.append(
                        Refusal("quorum", reason, f"{name} stays; bring the others back first")
                    )
                members = [each for each in members if each != member]

    def _leave(self, name: str, seen: dict[str, Any], members: list[Member], plan: Plan) -> None:
        node = seen["nodes"].get(name)
        if node and not node["cordoned"]:
            plan.steps.append(
                Step(f"cordon:{name}", "it leaves the cluster", lambda: self._cordon(name),
                     before="takes pods", after="takes none")
            )  # fmt: skip
        if node and node["pods"] and node["ready"]:
            plan.steps.append(
                Step(f"drain:{name}", "its pods go to other nodes", lambda: self._drain(name),
                     before=", ".join(node["pods"]), after="", disrupts=f"pods:{name}")
            )  # fmt: skip
        if node and node["pods"] and not node["ready"]:
            plan.warnings.append(
                f"{name} does not answer: if it still runs, so do {', '.join(node['pods'])}"
            )
        for member in etcd.of_host(members, name):
            plan.steps.append(
                Step(f"etcd:{name}", "its member of etcd", lambda m=member: self._forget(m),
                     before=member.identity, after=None)
            )  # fmt: skip
        if node:
            plan.steps.append(
                Step(f"node:{name}", "it is no node any more", lambda: self._delete(name),
                     lambda: self._still(name), before="a node", after=None, patience=60)
            )  # fmt: skip

    def _cordon(self, name: str) -> None:
        assert self.api
        drain.cordon(self.api, name)

    def _drain(self, name: str) -> None:
        assert self.api
        drain.drain(self.api, name, self.spec.wait, self.system.sleep)

    def _forget(self, member: Member) -> None:
        etcd.remove(self.system, member)

    def _delete(self, name: str) -> None:
        assert self.api
        self.api.delete(drain.reference(name))

    def _still(self, name: str) -> str | None:
        assert self.api
        return "is still there" if self.api.get(drain.reference(name)) else None

    def verify(self, seen: dict[str, Any]) -> Sequence[Check]:
        members = [each["name"] for each in seen["members"]]
        return [
            Check(f"{name} has left", name not in seen["nodes"] and name not in members, "no node",
                  "a node or a member of etcd", step=f"node:{name}", look="kubectl get nodes")
            for name in self.spec.remove
        ]  # fmt: skip

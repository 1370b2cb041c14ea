"""Labels and taints as a subject of converge; what the kit gave is kept in an annotation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..converge import Check, Plan, Step
from ..kube_api import Api, ApiError, Object, Reference
from .spec import NodeSpec, NodesSpec, Taint

#: Names of the labels and taints that are the kit's.
OWNED = "slipway/given"


class ClusterNodes:
    """Each named node has the model's labels and taints; those of others stay.

    connect  gives the API; None in check mode where there is no cluster yet.
    """

    name = "cluster_nodes"

    def __init__(self, connect: Callable[[], Api | None], spec: NodesSpec) -> None:
        self._connect, self.spec = connect, spec

    def observe(self) -> dict[str, Any]:
        self.api = self._connect()
        return {node.name: self._get(node) for node in self.spec.nodes}

    def _get(self, node: NodeSpec) -> Object | None:
        return self.api.get(_reference(node)) if self.api else None

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        for node in self.spec.nodes:
            live = seen[node.name]
            given = node.labels or node.taints
            if change(node, live) if live else given:
                plan.steps.append(self._step(node, live))
        return plan

    def _step(self, node: NodeSpec, live: Object | None) -> Step:
        def proof() -> str | None:
            found = self._get(node)
            return "differs still" if found is None or change(node, found) else None

        return Step(
            f"node:{node.name}", "labels and taints of the model", lambda: self._give(node), proof,
            before=json.dumps(_shown(live, node)) if live else None,
            after=json.dumps(_wanted(node)), patience=10,
        )  # fmt: skip

    def _give(self, node: NodeSpec) -> None:
        live = self._get(node)
        if live is None or self.api is None:
            raise ApiError(f"{node.name} is no node of this cluster: has it joined?")
        # the whole list of taints is sent: not over what somebody changed meanwhile
        version = {"resourceVersion": live["metadata"]["resourceVersion"]}
        wanted = change(node, live)
        wanted["metadata"] |= version
        self.api.merge(_reference(node), wanted)

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        return [
            Check(f"labels and taints of {node.name}",
                  seen[node.name] is not None and not change(node, seen[node.name]),
                  _wanted(node), _shown(seen[node.name], node) if seen[node.name] else "no node",
                  step=f"node:{node.name}", look=f"kubectl describe node {node.name}")
            for node in self.spec.nodes
        ]  # fmt: skip


def change(node: NodeSpec, live: Object) -> Object:
    """The merge patch that gives *live* what the model says; {} if it has it."""
    meta, taints = live["metadata"], live.get("spec", {}).get("taints", [])
    given = json.loads(meta.get("annotations", {}).get(OWNED, "{}"))
    labels = meta.get("labels", {})
    patch: dict[str, Any] = {k: v for k, v in node.labels.items() if labels.get(k) != v}
    gone = [k for k in given.get("labels", ()) if k not in node.labels and k in labels]
    patch |= dict.fromkeys(gone)
    replaced = {*given.get("taints", ()), *(t.identity for t in node.taints)}
    kept = [t for t in taints if f"{t['key']}:{t['effect']}" not in replaced]
    wanted = [*kept, *(t.as_dict() for t in node.taints)]
    names = {"labels": sorted(node.labels), "taints": [t.identity for t in node.taints]}
    nothing = {"labels": [], "taints": []}
    found: Object = {"metadata": {}}
    if patch:
        found["metadata"]["labels"] = patch
    if given != names and (given or names != nothing):
        found["metadata"]["annotations"] = {OWNED: json.dumps(names)}
    if _sorted(wanted) != _sorted(taints):
        found["spec"] = {"taints": wanted}
    return found if found != {"metadata": {}} else {}


def _sorted(taints: list[dict[str, str]]) -> list[Taint]:
    return sorted(Taint(t["key"], t["effect"], t.get("value", "")) for t in taints)


def _wanted(node: NodeSpec) -> dict[str, Any]:
    return {"labels": dict(node.labels), "taints": [t.as_dict() for t in node.taints]}


def _shown(live: Object, node: NodeSpec) -> dict[str, Any]:
    """What *live* has of the labels and taints that the model or the kit's record names."""
    meta = live["metadata"]
    given = json.loads(meta.get("annotations", {}).get(OWNED, "{}"))
    names = {*node.labels, *given.get("labels", ())}
    taints = {*(t.identity for t in node.taints), *given.get("taints", ())}
    return {
        "labels": {k: v for k, v in meta.get("labels", {}).items() if k in names},
        "taints": [t for t in live.get("spec", {}).get("taints", ())
                   if f"{t['key']}:{t['effect']}" in taints],
    }  # fmt: skip


def _reference(node: NodeSpec) -> Reference:
    return Reference("v1", "Node", "", node.name)

"""All bare-metal nodes as a subject of converge: a step for each node, many at once.

Observing is three lists; a node is asked alone only for BIOS settings that the model names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..cloud.api import Cloud, Thing
from ..cloud.marks import KEY
from ..converge import Check, Clock, Plan, Refusal, Step
from .compare import announced, clean_steps, edits, needs_bios, needs_raid
from .edits import Seen
from .ironic import Ironic
from .plugs import strange_plugs
from .spec import NodeSpec, NodesSpec
from .states import DELETABLE, NEAR_DELETABLE, Needs, Tried, kept_away, next_move
from .walk import Walk, Watch, remove

CLOCK = Clock()


class CloudNodes:
    """Nodes of one site.

    site     whose mark the kit's nodes have.
    adopt    take over nodes of the model that others have enrolled.
    timeout  seconds for each node.
    """

    name = "cloud_nodes"

    def __init__(
        self, cloud: Cloud, spec: NodesSpec, site: str, *, adopt: bool = False,
        timeout: float = 3600, clock: Clock = CLOCK,
    ) -> None:  # fmt: skip
        self.ironic = Ironic(cloud, cloud.parallel)
        self.spec, self.site, self.adopt = spec, site, adopt
        self.timeout, self.clock = timeout, clock
        self.watch = Watch(self.ironic, clock)

    def observe(self) -> dict[str, Any]:
        with ThreadPoolExecutor(3) as pool:
            lists = [
                pool.submit(f) for f in (self.ironic.nodes, self.ironic.ports, self.ironic.groups)
            ]
        nodes, ports, groups = (each.result() for each in lists)
        found = {
            node["uuid"]: {"node": node, "ports": [], "groups": [], "bios": {}} for node in nodes
        }
        for kind, things in (("ports", ports), ("groups", groups)):
            for thing in things:
                if thing["node_uuid"] in found:
                    found[thing["node_uuid"]][kind].append(thing)
        named = {each["node"]["name"]: each for each in found.values() if each["node"]["name"]}
        asked = [s.name for s in self.spec.nodes if s.bios and s.name in named]
        with ThreadPoolExecutor(8) as pool:
            settings = pool.map(lambda name: self.ironic.bios(named[name]["node"]["uuid"]), asked)
        for name, each in zip(asked, settings, strict=True):
            named[name]["bios"] = each
        return {"nodes": named, "ports": {p["address"].lower(): p["node_uuid"] for p in ports}}

    def plan(self, observed: dict[str, Any]) -> Plan:
        plan, wanted = Plan(), {spec.name for spec in self.spec.nodes}
        for spec in self.spec.nodes:
            found = observed["nodes"].get(spec.name)
            self._plugged_elsewhere(spec, found, observed, plan)
            if found is None:
                step = self._step(spec, "is not enrolled", None, announced(spec))
                plan.steps.append(step)
            else:
                self._plan_node(spec, Seen(**found), plan)
        for name, found in observed["nodes"].items():
            if name not in wanted and self._ours(found["node"]):
                self._plan_removal(name, found["node"], plan)
        return plan

    def _ours(self, node: Thing) -> bool:
        return bool(node["extra"].get(KEY) == self.site)

    def _step(self, spec: NodeSpec, why: str, before: Any, after: Any) -> Step:
        walk = Walk(self.ironic, self.watch, spec, self.site, self.timeout, self.clock)
        return Step(f"node:{spec.name}", why, walk.run, before=before, after=after)

    def _plugged_elsewhere(
        self, spec: NodeSpec, found: Mapping[str, Any] | None, observed: dict[str, Any], plan: Plan
    ) -> None:
        own = found["node"]["uuid"] if found else None
        for port in spec.ports:
            node = observed["ports"].get(port.address)
            if node not in (None, own):
                plan.refusals.append(
                    Refusal(f"node {spec.name}", f"{port.address} is a port of node {node}",
                            "Correct the model, or delete that port")
                )  # fmt: skip

    def _plan_node(self, spec: NodeSpec, seen: Seen, plan: Plan) -> None:
        node, name = seen.node, spec.name
        wrong, away = edits(spec, seen, self.site), kept_away(seen.node)
        real = [edit for edit in wrong if edit.after not in ("mark", "made by the kit")]
        if not self._ours(node) and real and not self.adopt:
            plan.refusals.append(
                Refusal(f"node {name}", "is another's of that name, and is not as the model says: "
                        + ", ".join(edit.what for edit in real),
                        "Hand it over with cloud_nodes_adopt: true, or take another name")
            )  # fmt: skip
            return
        plan.left += [f"node {name}: {each}" for each in strange_plugs(spec, seen, self.site)]
        before = {edit.what: edit.before for edit in wrong}
        after = {edit.what: edit.after for edit in wrong}
        if away:
            in_use = away.startswith("is in use")
            later = [e.what for e in wrong if not (in_use and e.in_use)] + self._cleanings(
                spec, seen
            )
            before, after = ({k: v for k, v in side.items() if k not in later}
                             for side in (before, after))  # fmt: skip
            if later or not in_use:
                waits = f"; waits: {', '.join(later)}" if later else ""
                plan.left.append(f"node {name}: {away}{waits}")
        else:
            moves, then = self._state(spec, seen)
            before, after = before | moves, after | then
        if after:
            plan.steps.append(self._step(spec, "is not as the model says", before, after))

    def _cleanings(self, spec: NodeSpec, seen: Seen) -> list[str]:
        raid = ["raid"] if needs_raid(spec, seen.node) else []
        return [f"bios.{key}" for key in needs_bios(spec, seen)] + raid

    def _state(self, spec: NodeSpec, seen: Seen) -> tuple[dict[str, Any], dict[str, Any]]:
        """What differs of the state, and what a clean step or an inspection brings."""
        node = seen.node
        needs = Needs(
            inspect=spec.inspect and not node["inspection_finished_at"],
            clean=bool(clean_steps(spec, seen)),
        )
        bios = needs_bios(spec, seen)
        before: dict[str, Any] = {f"bios.{key}": is_ for key, (is_, _) in bios.items()}
        after: dict[str, Any] = {f"bios.{key}": wanted for key, (_, wanted) in bios.items()}
        if needs_raid(spec, node):
            before["raid"], after["raid"] = dict(node.get("raid_config") or {}), dict(spec.raid)
        if needs.inspect:
            before["inspected"], after["inspected"] = False, True
        if next_move(node, spec.state, needs, Tried()) is not None:
            before["state"], after["state"] = _state_of(node), spec.state
        return before, after

    def _plan_removal(self, name: str, node: Thing, plan: Plan) -> None:
        away = kept_away(node)
        if away or node["provision_state"] not in (*DELETABLE, *NEAR_DELETABLE):
            why = away or f"is in state {node['provision_state']}"
            plan.left.append(f"node {name}: the model no longer names it, but it {why}")
            return
        plan.steps.append(
            Step(f"node:{name}:delete", "the model no longer names it",
                 lambda: remove(self.ironic, self.watch, name, self.timeout, self.clock),
                 before=_state_of(node), after=None)
        )  # fmt: skip

    def verify(self, observed: dict[str, Any]) -> Sequence[Check]:
        checks = []
        for spec in self.spec.nodes:
            found = observed["nodes"].get(spec.name)
            got = _state_of(found["node"]) if found else "is not enrolled"
            used = found is not None and (kept_away(found["node"]) or "").startswith("is in use")
            checks.append(
                Check(f"node {spec.name}", used or got == spec.state, f"{spec.state}, or in use",
                      got, step="nodes", look=f"openstack baremetal node show {spec.name}")
            )  # fmt: skip
        return checks


def states(observed: dict[str, Any]) -> dict[str, Any]:
    """Name → UUID and state, for the module's answer."""
    return {
        name: {"uuid": each["node"]["uuid"], "state": _state_of(each["node"])}
        for name, each in observed["nodes"].items()
    }


def _state_of(node: Thing) -> str:
    state = str(node["provision_state"])
    if node.get("maintenance"):
        state += ", in maintenance"
    if node.get("power_state") is None and state != "enroll":
        state += ", power unknown"
    return state

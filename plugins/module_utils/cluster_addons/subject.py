"""The addons as a subject of converge: a set of objects and a step for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..cluster_objects import ClusterObjects, ObjectsSpec
from ..converge import Check, Journal, Plan, Step, run_step
from ..kube_api import Api
from ..system import System
from .manifests import manifests
from .spec import ADDONS, AddonsSpec


class ClusterAddons:
    """Addons of the spec are kept, others that the kit made are removed.

    connect  gives the API; None in check mode where there is no cluster yet: what kubeadm
             would write is not known then, only that it would.
    wait     seconds for workloads to be ready; 0: not waited for.
    """

    name = "cluster_addons"

    def __init__(
        self, system: System, connect: Callable[[], Api | None], spec: AddonsSpec, *, wait: int = 0
    ) -> None:
        self.system, self._connect, self.spec, self.wait = system, connect, spec, wait
        self._sets: dict[str, ClusterObjects] = {}

    def observe(self) -> dict[str, Any]:
        api = self._connect()
        if api is None:
            return dict.fromkeys(self.spec.addons)
        if not self._sets:
            for name in ADDONS:
                wanted = name in self.spec.addons
                objects = manifests(self.system, self.spec, name, api.server) if wanted else []
                made = ObjectsSpec.parse({"name": name, "objects": objects})
                self._sets[name] = ClusterObjects(lambda: api, made, wait=self.wait)
        return {name: each.observe() for name, each in self._sets.items()}

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        for name, facts in seen.items():
            if facts is None:
                plan.steps.append(Step(f"addon:{name}", "no cluster yet", lambda: None))
                continue
            inner = self._sets[name].plan(facts)
            plan.left += inner.left
            if inner.steps:
                plan.steps.append(_as_one(name, inner.steps))
        return plan

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        checks: list[Check] = []
        for name, facts in seen.items():
            checks += self._sets[name].verify(facts) if facts is not None else []
        return checks


def _as_one(name: str, steps: list[Step]) -> Step:
    def side(key: str) -> dict[str, Any]:
        values = [getattr(step, key) for step in steps]
        return {k: v for value in values if isinstance(value, dict) for k, v in value.items()}

    def do() -> None:
        for step in steps:
            run_step(step, Journal(None))

    return Step(f"addon:{name}", "is not as kubeadm writes it", do,
                before=side("before"), after=side("after"))  # fmt: skip

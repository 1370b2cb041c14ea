"""A set of objects as a subject of converge.

The server itself says what applying an object would change (a dry run); what is not there
yet, with its namespace or its kind, is planned without asking. The names of what was applied
are kept in a config map of the cluster, so that any control plane can go on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..converge import Check, Plan, Step
from ..kube_api import Api, Object, Reference
from .spec import LABELS, ObjectsSpec
from .workload import trouble, unready

#: With these goes what is in them, made by others: listed, not removed.
KEPT = ("Namespace", "CustomResourceDefinition", "PersistentVolumeClaim")
#: The server's own fields.
_OWN = ("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink")
HOME = "kube-system"
PATIENCE = 60


class ClusterObjects:
    """Apply all, then remove what the set no longer names.

    connect  gives the API; None in check mode where there is no cluster yet.
    wait     seconds for workloads to be ready; 0: not waited for.
    """

    name = "cluster_objects"

    def __init__(
        self, connect: Callable[[], Api | None], spec: ObjectsSpec, *, wait: int = 0
    ) -> None:
        self._connect, self.spec, self.wait = connect, spec, wait
        self._record = Reference("v1", "ConfigMap", HOME, f"slipway-set-{spec.name}")

    def observe(self) -> dict[str, Any]:
        self.api = self._connect()
        if self.api is None:
            return {"live": [None] * len(self.spec.objects), "recorded": [], "stale": []}
        self.api.forget_kinds()
        kept = self.api.get(self._record)
        recorded = json.loads(kept["data"]["objects"]) if kept else []
        wanted = {Reference.of(thing) for thing in self.spec.objects}
        stale = [r for r in (Reference(*each) for each in recorded) if r not in wanted]
        return {
            "live": [self.api.get(Reference.of(thing)) for thing in self.spec.objects],
            "recorded": recorded,
            "stale": [vars(r) for r in stale if self._ours(self.api.get(r))],
        }

    @staticmethod
    def _ours(found: Object | None) -> bool:
        labels = (found or {}).get("metadata", {}).get("labels", {})
        return all(labels.get(name) == value for name, value in LABELS.items())

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        stale = [Reference(**each) for each in seen["stale"]]
        kept = [r for r in stale if r.kind in KEPT]
        removed = [r for r in reversed(stale) if r.kind not in KEPT]
        plan.left = [str(r) for r in kept]
        wanted = [Reference.of(thing) for thing in self.spec.objects]
        self._plan_record("record", seen, [*wanted, *kept, *removed], plan)
        for thing, live in zip(self.spec.objects, seen["live"], strict=True):
            step = self._step(thing, live)
            if step:
                plan.steps.append(step)
        plan.steps += [self._delete(r) for r in removed]
        if removed:
            self._plan_record("record:rest", {"recorded": None}, [*wanted, *kept], plan)
        return plan

    def _plan_record(
        self, name: str, seen: dict[str, Any], names: Sequence[Reference], plan: Plan
    ) -> None:
        """Before anything is made, and after all is removed: a cut run loses nothing."""
        wanted = sorted([list(vars(r).values()) for r in names])
        if seen["recorded"] == wanted:
            return
        thing = {
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": self._record.name, "namespace": HOME, "labels": dict(LABELS)},
            "data": {"objects": json.dumps(wanted)},
        }  # fmt: skip
        plan.steps.append(Step(name, "what the set holds", lambda: self._apply(thing)))

    def _step(self, thing: Object, live: Object | None) -> Step | None:
        reference = Reference.of(thing)
        then: Object | None = None
        if live is not None:
            assert self.api
            then = self.api.apply(thing, dry=True)
            if plain(then) == plain(live):
                return self._wait_for(reference, live)
        before, after = shown(live), shown(then if live else thing)
        return Step(
            f"object:{reference}", "as the set says" if live is None else "is not as the set says",
            lambda: self._apply(thing), lambda: self._problem(reference),
            before={str(reference): changed(before, after)},
            after={str(reference): changed(after, before)}, patience=max(PATIENCE, self.wait),
        )  # fmt: skip

    def _wait_for(self, reference: Reference, live: Object) -> Step | None:
        """A run that was cut while a workload started."""
        if not self.wait or unready(live) is None:
            return None
        return Step(
            f"ready:{reference}", "is not ready", lambda: None,
            lambda: self._problem(reference), before="not ready", after="ready",
            patience=self.wait,
        )  # fmt: skip

    def _apply(self, thing: Object) -> None:
        assert self.api
        self.api.apply(thing)

    def _problem(self, reference: Reference) -> str | None:
        assert self.api
        live = self.api.get(reference)
        if live is None:
            return "is not there"
        if reference.kind == "CustomResourceDefinition":
            return self._unserved(live)
        problem = unready(live) if self.wait else None
        why = trouble(self.api, live) if problem else ""
        return f"{problem}; {why}" if why else problem

    def _unserved(self, definition: Object) -> str | None:
        assert self.api
        spec = definition["spec"]
        for version in spec["versions"]:
            name = f"{spec['group']}/{version['name']}"
            kind = Reference(name, spec["names"]["kind"], "", "any")
            self.api.forget_kinds()
            if version["served"] and self.api.path(kind) is None:
                return f"{name} is not served yet"
        return None

    def _delete(self, reference: Reference) -> Step:
        assert self.api
        api = self.api
        return Step(
            f"object:{reference}:delete", "the set no longer names it",
            lambda: api.delete(reference),
            lambda: "is still there" if api.get(reference) else None,
            before=str(reference), after=None, patience=PATIENCE,
        )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        checks = []
        for thing, live in zip(self.spec.objects, seen["live"], strict=True):
            reference = Reference.of(thing)
            problem = "is not there"
            if live is not None:
                problem = "differs" if self._step(thing, live) else unready(live) or ""
            checks.append(
                Check(f"object {reference}", not problem, "as the set says",
                      problem or "as the set says", step=f"object:{reference}",
                      look=f"kubectl get {reference.kind.lower()} {reference.name}")
            )  # fmt: skip
        return checks


def plain(thing: Object) -> Object:
    """An object without what the server alone writes."""
    meta = {k: v for k, v in thing.get("metadata", {}).items() if k not in _OWN}
    return {**{k: v for k, v in thing.items() if k != "status"}, "metadata": meta}


def shown(thing: Object | None) -> dict[str, str]:
    """Path → value, one for each leaf; values of secrets only as hashes."""
    if thing is None:
        return {}
    hidden = thing.get("kind") == "Secret"
    return {
        path: _hash(value) if hidden and path.startswith(("data.", "stringData.")) else value
        for path, value in _leaves(plain(thing), "")
    }


def changed(side: dict[str, str], other: dict[str, str]) -> str | None:
    """Lines of *side* that the other does not have; None for an object that is not there."""
    if not side:
        return None
    return "".join(f"{path}: {v}\n" for path, v in sorted(side.items()) if other.get(path) != v)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from _leaves(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for number, below in enumerate(value):
            yield from _leaves(below, f"{path}[{number}]")
    else:
        yield path, json.dumps(value)


def _hash(value: str) -> str:
    return f"(hidden, {hashlib.sha256(value.encode()).hexdigest()[:8]})"

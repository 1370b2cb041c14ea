"""What links that are over have left in a cluster, as a subject of converge.

The engine takes nothing back when a link goes: not what a peer has made here, nor the node that
stood for a target, nor what it changed in services. Found by the engine's own labels, so it does
not matter when a link went, or which run was cut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..converge import Check, Plan, Step
from ..host_datapath.reading import Reader, SpecError
from ..kube_api import Api, ApiError, Object, Reference
from .engine import engine
from .manifest import LABEL

__all__ = ["Remains", "RemainsSpec", "SpecError"]

#: Kinds that follow a pod into the target.
_FOLLOW = (
    ("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "Service"), ("networking.k8s.io/v1", "Ingress"),
)  # fmt: skip


@dataclass(frozen=True)
class RemainsSpec:
    """Namespaces of this cluster's links, whatever their state: an expired one may be renewed.

    inbound   that a peer's pods come to, or the cluster's own by bursting.
    outbound  {namespace: names of its links}, whose pods leave.
    """

    inbound: tuple[str, ...]
    outbound: Mapping[str, Sequence[str]]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> RemainsSpec:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        inbound, given = r.texts("inbound"), r.object("outbound")
        outbound = {} if given is None else {n: tuple(v) for n, v in given.value.items()}
        r.end()
        return cls(tuple(inbound), outbound)


class Remains:
    """connect gives the API; None in check mode where there is no cluster yet."""

    name = "federation_remains"

    def __init__(self, connect: Callable[[], Api | None], spec: RemainsSpec) -> None:
        self._connect, self.spec, self.engine = connect, spec, engine()

    def observe(self) -> dict[str, Any]:
        self.api = self._connect()
        if self.api is None:
            return {key: [] for key in ("asked", "copies", "nodes", "services", "namespaces")}
        engine, spec = self.engine, self.spec
        known = {*spec.inbound, *spec.outbound}
        asked = [
            thing for thing in self.api.list(*engine.asked)
            if thing["metadata"]["namespace"] not in spec.inbound
        ]  # fmt: skip
        copies = [
            thing for version, kind in _FOLLOW
            for thing in self._labelled(version, kind, engine.copied)
            if thing["metadata"]["namespace"] not in spec.inbound
        ]  # fmt: skip
        nodes = [
            node for node in self._labelled("v1", "Node", engine.virtual)
            if not self._stands(node["metadata"]["labels"])
        ]  # fmt: skip
        services = [
            thing for thing in self.api.list("v1", "Service")
            if engine.rerouted in (thing["metadata"].get("annotations") or {})
            and thing["metadata"]["namespace"] not in spec.outbound
            and engine.copied not in (thing["metadata"].get("labels") or {})
        ]  # fmt: skip
        spaces = [
            thing for thing in self._labelled("v1", "Namespace", LABEL)
            if thing["metadata"]["name"] not in known
        ]  # fmt: skip
        return {
            "asked": [_named(thing, *engine.asked) for thing in asked],
            "copies": [_named(thing) for thing in copies],
            "nodes": [_named(thing, "v1", "Node") for thing in nodes],
            "services": [
                {**_named(thing, "v1", "Service"),
                 "selector": thing["metadata"]["annotations"][engine.rerouted]}
                for thing in services
            ],
            "namespaces": [_named(thing, "v1", "Namespace") for thing in spaces],
        }  # fmt: skip

    def _labelled(self, version: str, kind: str, label: str) -> list[Object]:
        assert self.api
        query = f"labelSelector={label.replace('/', '%2F').replace('=', '%3D')}"
        found = self.api.list(version, kind, query=query)
        return [{"apiVersion": version, "kind": kind, **thing} for thing in found]

    def _stands(self, labels: Mapping[str, str]) -> bool:
        namespace, name = (labels.get(label, "") for label in self.engine.stands_for)
        return name in self.spec.outbound.get(namespace, ())

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        for key, why in (
            ("asked", "its link is over"), ("copies", "followed a pod of a link that is over"),
            ("nodes", "stands for a target that is none any more"),
        ):  # fmt: skip
            plan.steps += [self._delete(each, why) for each in seen[key]]
        plan.steps += [self._restore(each) for each in seen["services"]]
        plan.steps += [self._unlabel(each) for each in seen["namespaces"]]
        return plan

    def _delete(self, found: Mapping[str, str], why: str) -> Step:
        assert self.api
        api, reference = self.api, _reference(found)
        return Step(
            f"remains:{reference}:delete", why, lambda: api.delete(reference),
            lambda: "is still there" if api.get(reference) else None,
            before=str(reference), after=None, patience=120,
        )  # fmt: skip

    def _restore(self, found: Mapping[str, str]) -> Step:
        """Its own pods behind a service again."""
        pairs = [part.partition("=") for part in found["selector"].split(",") if part]
        selector: dict[str, str | None] = {key: value for key, _, value in pairs}
        reference = _reference(found)

        def do() -> None:
            assert self.api
            live = self.api.get(reference)
            if live is None:
                return
            gone = {key: None for key in live["spec"].get("selector", {}) if key not in selector}
            notes = {self.engine.rerouted: None}
            change = {
                "metadata": {"annotations": notes},
                "spec": {"selector": {**gone, **selector}},
            }
            self.api.merge(reference, change)

        return Step(f"remains:{reference}:selector", "was sent to another site's pods", do,
                    before="the engine's", after=found["selector"])  # fmt: skip

    def _unlabel(self, found: Mapping[str, str]) -> Step:
        """It takes part in nothing; its Pod Security level stays."""
        reference = _reference(found)
        labels = {LABEL: None, self.engine.namespace_label[0]: None}

        def do() -> None:
            assert self.api
            try:
                self.api.merge(reference, {"metadata": {"labels": labels}})
            except ApiError as error:
                if error.status != 404:
                    raise

        return Step(f"remains:{reference}:labels", "no link has it", do,
                    before=", ".join(labels), after=None)  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> Sequence[Check]:
        left = [str(_reference(each)) for key in seen for each in seen[key]]
        return [
            Check("nothing is left of links that are over", not left, [], left, step="remains",
                  look="playbooks/federation.yml --check")
        ]  # fmt: skip


def _named(thing: Object, version: str = "", kind: str = "") -> dict[str, str]:
    meta = thing["metadata"]
    return {
        "api_version": version or thing["apiVersion"], "kind": kind or thing["kind"],
        "namespace": meta.get("namespace", ""), "name": meta["name"],
    }  # fmt: skip


def _reference(found: Mapping[str, str]) -> Reference:
    return Reference(found["api_version"], found["kind"], found["namespace"], found["name"])

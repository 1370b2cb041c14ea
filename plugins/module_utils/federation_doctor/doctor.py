"""The questions: why is this link down, why does this pod wait?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from ..federation.engine import engine
from ..kube_api import Api, Reference
from ..system import System
from .findings import BOTH, NETWORK, OWNER, SOURCE, SWITCH, TARGET, Broken, Step, Verdict
from .keys import DISCOVERY, published
from .outside import Outside
from .own import CRD, STEPS, Own
from .papers import documents
from .peer import Connect, Peer, connect
from .pods import Pods
from .quota import full
from .running import Running
from .spec import DoctorSpec, LinkFacts
from .trust import trusted
from .way import Way


class Doctor:
    """One cluster of one site. What a test replaces: system, connections, clock."""

    def __init__(
        self, system: System, spec: DoctorSpec, own: Callable[[], Api],
        outside: Outside | None = None, peer: Connect = connect,
        now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self.system, self.spec, self._own, self._peer, self.now = system, spec, own, peer, now
        self.outside = outside or Outside()

    def link(self, name: str) -> dict[str, Any]:
        """Why a link is down. SpecError if the model has none of that name."""
        link = self.spec.link(name)
        verdict = Verdict(f"link {name}")
        own = Own(self._own, self.side(link))
        if self.spec.site == link.target and not link.bursting:
            if verdict.walk(self._target_steps(own, link)):
                verdict.notes += [
                    line
                    for name in link.namespaces
                    for line in full(own.api.list("v1", "ResourceQuota", name))
                ]
        else:
            verdict.walk(self.source_steps(own, link, link.namespaces)[0])
        return self._answer(verdict, link)

    def pod(self, where: str) -> dict[str, Any]:
        """Why a pod waits, or is not made. *where*: namespace/name of a pod or of a workload."""
        pods = Pods(self, Own(self._own, SOURCE), where)
        return self._answer(pods.verdict(), pods.link)

    def side(self, link: LinkFacts) -> str:
        return TARGET if self.spec.site == link.target and not link.bursting else SOURCE

    def source_steps(
        self, own: Own, link: LinkFacts, namespaces: Sequence[str]
    ) -> tuple[list[Step], Peer | None]:
        """From the documents to the virtual nodes; and the target as its source sees it."""
        first, running = self._first(own, link), Running(own)
        steps = [
            *first,
            Step("namespace", SOURCE, lambda: own.as_written(_of(link, namespaces), "namespace")),
            Step("link", SOURCE, lambda: own.as_written(_of(link, namespaces), "link")),
        ]
        last = [
            Step("admission", SOURCE, lambda: own.as_written(self._policies(), "admission")),
            Step("engine", SOURCE, running.works),
            Step("webhook", SOURCE, running.webhook),
        ]
        end = [Step("virtual node", SOURCE, lambda: running.nodes(link.name, namespaces))]
        owned = [name for name in namespaces if name in link.owned]
        if owned:
            end.append(Step(SWITCH, SOURCE, lambda: _switched_on(own, owned)))
        if link.offer is None:
            return [*steps, *last, *end], None
        offer, peer = link.offer, Peer(own, link, self._peer)
        way = Way(
            self.system, self.outside, offer["api"], offer["certificate_authority"],
            (SOURCE, link.source), (TARGET, link.target), self.now,
        )  # fmt: skip
        keys = Step("issuer", SOURCE, self._own_keys)
        token = Step("token volume", SOURCE, lambda: running.token_volume(
            link.name, offer["audience"], link.secret
        ))  # fmt: skip
        # a target that sends tokens does not ask for this site's keys
        issuer = [] if link.secret else [keys]
        steps += [*way.steps(), *issuer, *peer.steps(namespaces), *last, token, *end]
        return steps, peer

    def _target_steps(self, own: Own, link: LinkFacts) -> list[Step]:
        steps = self._first(own, link)
        for name in dict.fromkeys(STEPS.values()):
            if name == "link":
                continue
            steps.append(Step(name, TARGET, lambda n=name: own.as_written(link.objects, n)))
        policies = Step(
            "admission", TARGET, lambda: own.as_written(self._policies(), "admission")
        )  # fmt: skip
        steps.append(policies)
        if link.trusted is not None:
            steps.append(
                Step("trust", TARGET, lambda: trusted(self.system, own.api, link.trusted or {}))
            )
        if link.request is not None and link.trusted is not None:
            request = link.request
            way = Way(
                self.system, self.outside, request["discovery"],
                request["certificate_authority"], (TARGET, link.target), (SOURCE, link.source),
                self.now,
            )  # fmt: skip
            steps += way.steps()
            steps.append(
                Step("issuer", NETWORK, lambda: published(
                    self.outside, request["discovery"], request["certificate_authority"],
                    request["issuer"], SOURCE,
                ))
            )  # fmt: skip
        steps.append(Step("engine", TARGET, Running(own).works))
        return steps

    def _first(self, own: Own, link: LinkFacts) -> list[Step]:
        return [
            Step("documents", BOTH, lambda: documents(link, self.spec.site)),
            Step("cluster", own.side, own.answers),
            Step("definitions", own.side, own.definitions),
        ]

    def _policies(self) -> list[Any]:
        return [thing for thing in self.spec.guards if thing["kind"] != CRD]

    def _own_keys(self) -> str | Broken:
        url = f"https://{self.spec.api}{DISCOVERY}"
        return published(self.outside, url, self.spec.authority, self.spec.issuer, SOURCE)

    def _answer(self, verdict: Verdict, link: LinkFacts | None) -> dict[str, Any]:
        """Plain data: question, site, ok, good, notes, seconds; step, seen, side, who, do."""
        found: dict[str, Any] = {
            "question": verdict.question, "site": self.spec.site, "ok": verdict.broken is None,
            "good": [list(each) for each in verdict.good], "notes": list(verdict.notes),
            "seconds": round(verdict.seconds, 1),
        }  # fmt: skip
        broken = verdict.broken
        if broken is None:
            return found
        names = {SOURCE: self.spec.site}
        if link is not None:
            names = {
                SOURCE: link.source, TARGET: link.target,
                NETWORK: f"between {link.source} and {link.target}",
                BOTH: f"{link.source} and {link.target}",
            }  # fmt: skip
        return {
            **found, "step": broken.step, "seen": broken.seen, "side": broken.side,
            "who": names.get(broken.side, ""), "do": broken.do,
        }  # fmt: skip


def _switched_on(own: Own, namespaces: Sequence[str]) -> str | Broken:
    """Last of all: whether a namespace takes part is its owner's choice, and no fault."""
    key, value = engine().namespace_label
    for name in namespaces:
        live = own.api.get(Reference("v1", "Namespace", "", name)) or {"metadata": {}}
        if live["metadata"].get("labels", {}).get(key) != value:
            return Broken(f"{name} is switched off by its owner", OWNER,
                          f"kubectl label namespace {name} {key}={value}")  # fmt: skip
    return f"{', '.join(namespaces)} by their owners"


def _of(link: LinkFacts, namespaces: Sequence[str]) -> list[Any]:
    """Objects of a link in these namespaces, and the namespaces themselves."""
    names = set(namespaces)
    return [
        thing
        for thing in link.objects
        if thing["metadata"].get("namespace", thing["metadata"]["name"]) in names
    ]

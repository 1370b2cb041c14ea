"""All links of one cluster: the doctor's steps, a peer's rights, the table's rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from ..converge import STAND_IN
from ..federation.account import username
from ..federation_doctor import Doctor, DoctorSpec
from ..federation_doctor.findings import SOURCE, SWITCH, TARGET
from ..federation_doctor.outside import Outside
from ..federation_doctor.own import Own
from ..federation_doctor.peer import Connect, Peer, connect
from ..federation_doctor.running import Running
from ..federation_doctor.spec import LinkFacts
from ..kube_api import Api, ApiError
from ..system import CommandError, System
from ..verify.findings import Findings
from . import rights, table
from .rights import Eyes

ACCEPTED = "accepted"
#: Name of the Deployment that stands in for the engine in tests.
DOUBLE = "engine-double"
#: Steps of the doctor whose answer is the engine's.
_OF_ENGINE = ("engine", "webhook", "token volume", "virtual node")
#: Every cluster has these.
_EVERYWHERE = ("default", "kube-system")
_ERRORS = (ApiError, CommandError, OSError)
_LOOK = "playbooks/federation.yml in the target; kubectl get rolebindings,clusterrolebindings -A"


class Verifier:
    """One cluster of one site. source: HARDWARE or EMULATION. The rest is what a test replaces."""

    def __init__(
        self, system: System, spec: DoctorSpec, own: Callable[[], Api], source: str,
        outside: Outside | None = None, peer: Connect = connect,
        now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self.system, self.spec, self._own, self.source = system, spec, own, source
        self._peer, self.now = peer, now
        self.doctor = Doctor(system, spec, own, outside, peer, now)
        self.findings = Findings("")

    def run(self, host: str) -> dict[str, Any]:
        """``{findings, links, nodes}``: as ``verify_report`` takes them, and where the engine is.

        *host*: who is asked.
        """
        began, self.findings = time.monotonic(), Findings(host)
        rows = [self.link(link) for link in self.spec.links]
        self.findings.seconds = time.monotonic() - began
        return {"findings": self.findings.as_dict(), "links": rows, "nodes": self._nodes()}

    def _nodes(self) -> list[str]:
        """Those with pods of the engine; none where that cannot be asked, which a check says."""
        try:
            return Running(Own(self._own, SOURCE)).nodes_of_its_pods() if self.spec.links else []
        except _ERRORS:
            return []

    def link(self, link: LinkFacts) -> dict[str, Any]:
        """Its checks go to ``findings``; its row of the table."""
        side = self.doctor.side(link)
        own, row = Own(self._own, side), self._row(link, side)
        if link.state.startswith("waiting for"):
            self.findings.skip(f"link {link.name}", "; ".join([link.state, *link.detail]))
            return row
        row["engine"] = _engine(own)
        whole = self._steps(link, row["engine"])
        if link.state == ACCEPTED:
            try:
                self._agreed(link, own, row)
            except _ERRORS as error:
                self._unasked(f"link {link.name}: rights and budget", str(error), whole)
        return row

    def _row(self, link: LinkFacts, side: str) -> dict[str, Any]:
        peer = link.source if side == TARGET else link.target
        return {
            "link": link.name, "cluster": self.spec.cluster, "peer": peer,
            "role": "both" if link.bursting else side, "state": link.state,
            "credential": table.credential(link), "lifetime": None, "age": None,
            "documents": link.expires, "days": table.days(link.expires, self.now()),
            "budget": [], "engine": "",
        }  # fmt: skip

    def _steps(self, link: LinkFacts, engine: str) -> bool:
        """The doctor's steps as checks; whether all of them hold."""
        verdict = self.doctor.link(link.name)
        for step, seen in verdict["good"]:
            self._step(link, step, engine, True, seen, "")
        if verdict.get("step") == SWITCH:  # a choice
            self.findings.skip(f"link {link.name}", verdict["seen"])
            return True
        if not verdict["ok"]:
            look = f"{verdict['side']} ({verdict['who']}): {verdict['do']}"
            self._step(link, verdict["step"], engine, False, verdict["seen"], look)
        return bool(verdict["ok"])

    def _step(
        self, link: LinkFacts, step: str, engine: str, ok: bool, seen: str, look: str
    ) -> None:  # fmt: skip
        double = engine == "double" and step in _OF_ENGINE
        self.findings.check(
            f"link {link.name}: {step}", ok, "holds", seen, look=look, step="link",
            source=STAND_IN if double else self.source,
        )  # fmt: skip

    def _agreed(self, link: LinkFacts, own: Own, row: dict[str, Any]) -> None:
        if link.bursting:
            self.findings.skip(f"link {link.name}: rights", "the cluster is its own target")
            row["budget"] = self._budget(link, own.api)
        elif own.side == TARGET:
            row["lifetime"] = link.lifetime
            row["budget"] = self._budget(link, own.api)
            self._rights(link, _as_user(own.api, _user(link)), [
                each["metadata"]["name"] for each in own.api.list("v1", "Namespace")
            ])  # fmt: skip
        else:
            peer = Peer(own, link, self._peer)
            api = peer.api
            row["lifetime"] = table.lifetime(peer.token)
            row["age"] = table.age(self.system, link.name, self.now())
            self._rights(link, api.request, _EVERYWHERE)
            row["budget"] = self._budget(link, api)

    def _budget(self, link: LinkFacts, api: Api) -> list[dict[str, str]]:
        found = {name: api.list("v1", "ResourceQuota", name) for name in link.namespaces}
        return table.budget(link.name, found)

    def _rights(self, link: LinkFacts, eyes: Eyes, others: Sequence[str]) -> None:
        """*others*: namespaces of which those that are no link's give the peer nothing."""
        inside, everywhere = rights.model()
        for name in link.namespaces:
            wrong = rights.compared(rights.review(eyes, name), inside)
            self._right(link, f"rights in {name}", wrong)
        spaces = self._spaces(link)
        outside = [name for name in others if name not in spaces]
        wrong = [
            f"{name}: {each}"
            for name in outside
            for each in rights.compared(rights.review(eyes, name), everywhere)
        ]
        self._right(link, "rights outside its namespaces", wrong,
                    f"nothing of its own in {len(outside)} others")  # fmt: skip
        foreign = next((name for name in _EVERYWHERE if name not in spaces), "kube-system")
        for what, *asked in rights.tries(link.namespaces[0], foreign):
            refused, said = rights.tried(eyes, *asked)
            self.findings.check(
                f"link {link.name}: may not {what}", refused, "forbidden", said,
                source=self.source, step="rights", look=_LOOK,
            )  # fmt: skip

    def _right(self, link: LinkFacts, what: str, wrong: list[str], good: str = "the same") -> None:
        self.findings.check(
            f"link {link.name}: {what}", not wrong, "exactly the model's", "; ".join(wrong) or good,
            source=self.source, step="rights", look=_LOOK,
        )  # fmt: skip

    def _spaces(self, link: LinkFacts) -> set[str]:
        """Namespaces in which the same user has rights: of all its links to the same cluster."""
        return {
            name
            for each in self.spec.links
            if each.state == ACCEPTED and _same(each, link)
            for name in each.namespaces
        }

    def _unasked(self, name: str, why: str, whole: bool) -> None:
        if whole:
            self.findings.check(name, False, "can be asked", why, source=self.source,
                                step="rights", look="scripts/doctor")  # fmt: skip
        else:
            self.findings.skip(name, f"a step before it is broken: {why}")


def _same(one: LinkFacts, other: LinkFacts) -> bool:
    if "token" in (table.credential(one), table.credential(other)):
        return one.name == other.name
    if one.offer is not None and other.offer is not None:
        return bool(one.offer["audience"] == other.offer["audience"])
    if one.request is not None and other.request is not None:
        return _user(one) == _user(other)
    return one.name == other.name


def _user(link: LinkFacts) -> str:
    """The peer as the target's API server names it."""
    if table.credential(link) == "token":
        return username(link.name)
    assert link.request is not None
    return f"{link.source}:{link.request['subject']}"


def _as_user(api: Api, user: str) -> Eyes:
    def ask(method: str, path: str, body: Any) -> Any:
        return api.request(method, path, body, headers={"Impersonate-User": user})

    return ask


def _engine(own: Own) -> str:
    try:
        names = [each["metadata"]["name"] for each in Running(own).workloads()]
    except _ERRORS:
        return "unknown"
    if DOUBLE in names:
        return "double"
    return "real" if names else "none"

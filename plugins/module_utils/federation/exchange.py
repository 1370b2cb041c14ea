"""The exchange of documents as a subject of converge: what is sent, what came, each link's state.

``sent/<peer>/`` is for the administrators to carry to the peer's ``received/<this site>/``, by
mail, by git, by hand. ``state.json`` remembers serials, so that nothing older is taken later.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..converge import Check, Plan, Refusal, Step
from ..system import System
from .documents import DocumentError, End, Signed, at, read, render, seconds, sign
from .letters import Letters
from .receiving import Receiving
from .signing import Signer, SigningError, fingerprint
from .terms import ExchangeSpec, offer_of, request_of

KINDS = ("offer", "request", "token", "end")


class FederationExchange:
    """One site's side of all of its links."""

    name = "federation_exchange"

    def __init__(
        self, system: System, spec: ExchangeSpec, now: Callable[[], float] = time.time
    ) -> None:
        self.system, self.spec, self.now = system, spec, now
        self.signer = Signer(system, spec.key)
        self.letters = Letters(system, spec, now)
        self.receiving = Receiving(self.letters, lambda name: self._path("taken", name))

    # observe

    def observe(self) -> dict[str, Any]:
        public = self.signer.public()
        return {
            "public_key": public,
            "fingerprint": fingerprint(public) if public else "",
            "exposed": public is not None and self.signer.exposed(),
            "sent": self._files("sent"),
            "received": self._files("received"),
            "taken": self._files("taken"),
            "sealing_key": self.letters.sealing.public(),
            "sealing_exposed": self.letters.sealing.exposed(),
            "state": self._state(),
        }

    def _files(self, box: str) -> dict[str, str]:
        """{"peer/link.kind": text}."""
        folder, found = os.path.join(self.spec.folder, box), {}
        for peer in self.system.list(folder):
            for name in self.system.list(os.path.join(folder, peer)):
                if name.rpartition(".")[2] in KINDS:
                    text = self.system.read(os.path.join(folder, peer, name))
                    # read() takes white space away; a document ends with one line feed
                    found[f"{peer}/{name}"] = (text or "") + "\n"
        return found

    def _state(self) -> dict[str, Any]:
        """ValueError for a file that no run wrote: what is forgotten could come again."""
        path = self._path("state.json")
        try:
            data = json.loads(self.system.read(path) or "{}")
            seen, offers = data.get("seen", {}), data.get("offers", {})
            whole = all(_numbered(each) for each in seen.values()) and all(
                _numbered(each) for said in offers.values() for each in said
            )
        except (ValueError, AttributeError, TypeError):
            whole = False
        if not whole:
            raise ValueError(
                f"{path} is not what a run of the kit wrote: bring it back from a copy; without it "
                "older documents of the peers would be taken again"
            )
        return {"seen": seen, "offers": offers}

    def _path(self, *parts: str) -> str:
        return os.path.join(self.spec.folder, *parts)

    # plan

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        if seen["public_key"] is None:
            if self.spec.key.endswith(".pub"):
                plan.refusals.append(
                    Refusal("key", f"{self.spec.key} is missing", "Write the public key there")
                )
                return plan
            plan.steps.append(
                Step("key:make", "signs this site's documents",
                     lambda: self.signer.make(self.spec.site),
                     lambda: None if self.signer.public() else "is not there",
                     after=self.spec.key)
            )  # fmt: skip
        elif seen["exposed"]:
            plan.steps.append(
                Step("key:protect", "others may read the private key", self.signer.protect,
                     lambda: "others may read it" if self.signer.exposed() else None,
                     before="readable by others", after="0600")
            )  # fmt: skip
        steps, key = self.receiving.key_steps(seen)
        plan.steps += steps + self.receiving.steps(seen)
        wanted = self._wanted(seen, key)
        for name, document in wanted.items():
            if document is not None:
                plan.steps.append(self.write(name, document, seen["sent"].get(name)))
        for name in self._over(seen):
            plan.steps += self._end(name, seen)
        plan.steps += self._forget(seen, wanted)
        state = self.letters.remembered(seen, wanted)
        if state != seen["state"]:
            plan.steps.append(self._remember(seen["state"], state))
        plan.left = [
            f"received/{name}: is of no link of the model" for name in self._strangers(seen)
        ]
        return plan

    def _wanted(self, seen: dict[str, Any], key: str | None) -> dict[str, Any]:
        """{name: document to write, or None where what was sent still holds}."""
        found: dict[str, Any] = {}
        for link in self.spec.links.values():
            if link.bursting or not self.spec.clusters[link.cluster].ca:
                continue
            if link.target == self.spec.site:
                found[f"{link.peer}/{link.name}.offer"] = offer_of(self.spec, link)
            else:
                offer = self.letters.judged(link, seen, "offer")
                if isinstance(offer, Signed) and self.letters.agreement(link, offer) is not None:
                    name = f"{link.peer}/{link.name}.request"
                    found[name] = request_of(self.spec, link, offer, key)
        return {name: self._due(name, make, seen) for name, make in found.items()}

    def _due(self, name: str, make: Callable[[int, str, str], Any], seen: dict[str, Any]) -> Any:
        """The document, anew, if what was sent does not say the same, or ends soon."""
        now, old = self.now(), self.letters.own(seen, name)
        if old is not None:
            same = make(old.document.serial, old.document.issued, old.document.expires)
            rest = seconds(old.document.expires) - now
            if same == old.document and rest > self.spec.lifetime / 3:
                return None
        before = (
            old.document.serial if old else self.letters.last_serial(seen, name.rpartition(".")[0])
        )
        # the time as serial: it rises also where all that was sent is lost
        return make(max(int(now), before + 1), at(now), at(now + self.spec.lifetime))

    # steps

    def write(self, name: str, document: Any, before: str | None) -> Step:
        """Sign *document* and put it into ``sent``."""
        path = self._path("sent", name)

        def do() -> None:
            self.system.write_file(path, sign(document, self.signer))

        def proof() -> str | None:
            try:
                return (
                    None
                    if read((self.system.read(path) or "") + "\n").document == document
                    else ("is not what was written")
                )
            except DocumentError as error:
                return str(error)

        return Step(f"send:{name}", "for the peer's administrators", do, proof,
                    before={path: _body(before)}, after={path: render(document)})  # fmt: skip

    def _over(self, seen: dict[str, Any]) -> list[str]:
        """Links ("peer/link") of which something was sent, and that the model no longer names."""
        names = {
            name.rpartition(".")[0] for name in seen["sent"] if not name.endswith(".end")
        }  # fmt: skip
        return sorted(names - self.letters.current())

    def _end(self, name: str, seen: dict[str, Any]) -> list[Step]:
        """The note, then nothing else of the link in ``sent``."""
        old = [
            f"{name}.{kind}"
            for kind in ("offer", "request", "token")
            if f"{name}.{kind}" in seen["sent"]
        ]
        steps = []
        signed = next((s for s in (self.letters.own(seen, each) for each in old) if s), None)
        if signed is not None:
            now, said = self.now(), signed.document
            serial = max(int(now), said.serial + 1)
            note = End(
                link=said.link, source=said.source, target=said.target, serial=serial,
                issued=at(now), expires=at(now + self.spec.lifetime), by=self.spec.site,
            )  # fmt: skip
            steps.append(self.write(f"{name}.end", note, seen["sent"].get(f"{name}.end")))
        return steps + [self._remove(each, "the link is over") for each in old]

    def _forget(self, seen: dict[str, Any], wanted: Mapping[str, Any]) -> list[Step]:
        """Notes of links that are there again, or that are past; requests to no offer."""
        steps = []
        for name in seen["sent"]:
            link, _, kind = name.rpartition(".")
            if kind == "end":
                note = self.letters.own(seen, name)
                if link in self.letters.current() and any(w.startswith(f"{link}.") for w in wanted):
                    steps.append(self._remove(name, "the link is there again"))
                elif note is None or seconds(note.document.expires) <= self.now():
                    steps.append(self._remove(name, "is past"))
            elif kind == "token" and link in self.letters.without_tokens():
                steps.append(self._remove(name, "the link needs none"))
        return steps

    def _remove(self, name: str, why: str) -> Step:
        path = self._path("sent", name)
        return Step(f"withdraw:{name}", why, lambda: self.system.remove(path),
                    lambda: f"{path} is still there" if self.system.exists(path) else None,
                    before=path, after=None)  # fmt: skip

    def _remember(self, before: dict[str, Any], after: dict[str, Any]) -> Step:
        path = self._path("state.json")
        text = json.dumps(after, indent=1, sort_keys=True) + "\n"
        return Step("remember:serials", "nothing older is taken later",
                    lambda: self.system.write_file(path, text),
                    lambda: None if self._state() == after else "is not what was written",
                    before=_line(before), after=_line(after))  # fmt: skip

    def _strangers(self, seen: dict[str, Any]) -> list[str]:
        return sorted(
            n for n in seen["received"] if n.rpartition(".")[0] not in self.letters.current()
        )

    def links(self, seen: dict[str, Any]) -> dict[str, Any]:
        return {link.name: self.letters.state_of(link, seen) for link in self.spec.links.values()}

    def verify(self, seen: dict[str, Any]) -> Sequence[Check]:
        return [
            Check(f"link {name}: agreed", link["state"] == "accepted", "accepted",
                  "; ".join([link["state"], *link["detail"]]), step="exchange",
                  look="playbooks/federation.yml --check")
            for name, link in self.links(seen).items()
        ]  # fmt: skip


def _body(text: str | None) -> str | None:
    """What people read of a document."""
    if text is None:
        return None
    try:
        return read(text).body
    except (DocumentError, SigningError):
        return text


def _numbered(value: Any) -> bool:
    """Whether it is what is remembered of a document."""
    return isinstance(value, dict) and isinstance(value.get("serial"), int) and "sha256" in value


def _line(value: Any) -> str:
    return json.dumps(value, sort_keys=True)

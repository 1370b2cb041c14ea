"""What was sent and what came, read together: the state of each link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..system import System
from .documents import DocumentError, Signed, read, render, sha256
from .judge import Expected, agree, answers, identity, taken
from .sealing import SealingKey
from .signing import verify
from .terms import ExchangeSpec, LinkSpec
from .tokens import due, judged, kept, renewal

#: Own offers that an answer may still be to.
REMEMBERED = 2


class Letters:
    """Judges the exchange's facts (``FederationExchange.observe``); changes nothing."""

    def __init__(self, system: System, spec: ExchangeSpec, now: Callable[[], float]) -> None:
        self.system, self.spec, self.now = system, spec, now
        self.sealing = SealingKey(system, spec.sealing_key)

    def own(self, seen: dict[str, Any], name: str) -> Signed | None:
        """What was sent under *name*, if it is this site's and whole."""
        try:
            signed = read(seen["sent"][name])
        except (KeyError, DocumentError):
            return None
        # a signature of another key, or over another text, is written anew
        if signed.public_key != seen["public_key"]:
            return None
        sound = signed.document.link == name.partition("/")[2].rpartition(".")[0]
        whole = sound and verify(self.system, signed.body, signed.public_key, signed.signature)
        return signed if whole else None

    def last_serial(self, seen: dict[str, Any], link: str) -> int:
        end = self.own(seen, f"{link}.end")
        offers = seen["state"]["offers"].get(link, [])
        serials = [offer["serial"] for offer in offers] + ([end.document.serial] if end else [])
        return max(serials, default=0)

    def judged(
        self, link: LinkSpec, seen: dict[str, Any], kind: str
    ) -> Signed | DocumentError | None:
        text = seen["received"].get(f"{link.peer}/{link.name}.{kind}")
        known = self.spec.peers.get(link.peer, "")
        if text is None or not known:
            return None
        last = seen["state"]["seen"].get(f"{link.peer}/{link.name}", {})
        expected = Expected(
            link.name, link.source, link.target, link.peer, known,
            last.get("serial", 0), last.get("sha256", ""),
        )  # fmt: skip
        try:
            signed = taken(self.system, text, kind, expected, self.now())
            if kind == "request":
                identity(signed.document, link.source, self.spec.subject, sealed=link.by_token)
            return signed
        except DocumentError as error:
            return error

    def token_taken(self, link: LinkSpec, seen: dict[str, Any]) -> Signed | None:
        """The token document that was taken last, if this site can still open it."""
        return kept(self.sealing, seen["taken"].get(f"{link.peer}/{link.name}.token"))

    def token_come(self, link: LinkSpec, seen: dict[str, Any]) -> Signed | DocumentError | None:
        """What came, judged; None where nothing did."""
        text = seen["received"].get(f"{link.peer}/{link.name}.token")
        known = self.spec.peers.get(link.peer, "")
        if text is None or not known or not link.by_token:
            return None
        last = self.token_taken(link, seen)
        try:
            return judged(self.system, self.sealing, text, link, known, last, self.now())
        except DocumentError as error:
            return error

    def _token(
        self, link: LinkSpec, seen: dict[str, Any], request: Mapping[str, Any] | None
    ) -> dict[str, Any] | None:
        """``{expires, account}`` of the last token; in a target also ``due``. None: none yet."""
        if not request:
            last = self.token_taken(link, seen)
            said = last.document if last else None
            return {"expires": said.expires, "account": said.account} if said else None
        own, key = self.own(seen, f"{link.peer}/{link.name}.token"), request["encryption_key"]
        said = own.document if own else None
        return {
            "expires": said.expires if said else "", "account": said.account if said else "",
            "due": due(own, key, self.now()),
        }  # fmt: skip

    def agreement(self, link: LinkSpec, offer: Signed) -> list[str] | None:
        try:
            return agree(offer.document, link.terms, link.target)
        except DocumentError:
            return None

    def state_of(self, link: LinkSpec, seen: dict[str, Any]) -> dict[str, Any]:
        """``{state, detail, peer, cluster, role, fingerprint, offer, request, expires}``,

        and of accepted links ``{token, renewal}``, where *token* is as ``_token`` says it.
        """
        role = "target" if link.target == self.spec.site else "source"
        found: dict[str, Any] = {
            "state": "accepted", "detail": [], "peer": link.peer, "cluster": link.cluster,
            "role": "both" if link.bursting else role, "offer": None, "request": None,
            "fingerprint": self.spec.peers.get(link.peer, ""), "expires": "",
            "token": None, "renewal": "",
        }  # fmt: skip
        if link.bursting:
            return found
        kind = "request" if role == "target" else "offer"
        if not self.spec.clusters[link.cluster].ca:
            return {
                **found,
                "state": "waiting for cluster",
                "detail": [f"{link.cluster}: run playbooks/clusters.yml"],
            }
        if not found["fingerprint"]:
            return {
                **found,
                "state": "waiting for fingerprint",
                "detail": self._unknown(link, seen, kind),
            }
        end, came = self.judged(link, seen, "end"), self.judged(link, seen, kind)
        if isinstance(end, Signed) and not (
            isinstance(came, Signed) and came.document.serial > end.document.serial
        ):
            return {**found, "state": "ended", "detail": [f"{link.peer} ended it"]}
        if came is None:
            return {**found, "state": f"waiting for {kind}"}
        try:
            if isinstance(came, DocumentError):
                raise came
            found["detail"] = self._accepted(link, seen, came)
        except DocumentError as error:
            state = "expired" if error.check == "expired" else "refused"
            return {**found, "state": state, "detail": [f"{kind} of {link.peer}: {error}"]}
        found[kind], found["expires"] = came.document.model_dump(), came.document.expires
        if link.by_token:
            found["token"] = self._token(link, seen, found["request"])
            refused = self.token_come(link, seen) if role == "source" else None
            if isinstance(refused, DocumentError):
                found["detail"] = [*found["detail"], f"token of {link.peer}: {refused}"]
        credential, lifetime = link.terms["credential"], link.terms["token_lifetime"]
        found["renewal"] = renewal(credential, lifetime, found["token"])
        return found

    def _accepted(self, link: LinkSpec, seen: dict[str, Any], came: Signed) -> list[str]:
        if came.document.kind == "offer":
            return agree(came.document, link.terms, link.target)
        offers = self.remembered(seen, {})["offers"].get(f"{link.peer}/{link.name}", [])
        if answers(came.document, offers, self.now()):
            return []
        return [f"{link.peer} has not answered the newest offer yet"]

    def _unknown(self, link: LinkSpec, seen: dict[str, Any], kind: str) -> list[str]:
        where = (
            f"write it as site_federation.peers.{link.peer}.fingerprint once you have asked them"
        )
        try:
            signed = read(seen["received"][f"{link.peer}/{link.name}.{kind}"])
        except KeyError:
            return [where]
        except DocumentError as error:
            return [str(error), where]
        return [f"the {kind} that came is signed by {signed.fingerprint}: {where}"]

    def current(self) -> set[str]:
        return {f"{link.peer}/{link.name}" for link in self.spec.links.values()}

    def without_tokens(self) -> set[str]:
        """Links of the model whose targets trust an issuer instead."""
        links = self.spec.links.values()
        return {f"{link.peer}/{link.name}" for link in links if not link.by_token}

    def remembered(self, seen: dict[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Serials of what was taken, and this site's last offers."""
        taken_, offers = {}, {}
        for link in self.spec.links.values():
            key = f"{link.peer}/{link.name}"
            kind = "request" if link.target == self.spec.site else "offer"
            last = seen["state"]["seen"].get(key)
            for came in (self.judged(link, seen, kind), self.judged(link, seen, "end")):
                if isinstance(came, Signed) and came.document.serial > (last or {}).get(
                    "serial", 0
                ):
                    last = {"serial": came.document.serial, "sha256": came.sha256}
            if last:
                taken_[key] = last
            known = list(seen["state"]["offers"].get(key, []))
            own = self.own(seen, f"{key}.offer")
            for said in (own.document if own else None, wanted.get(f"{key}.offer")):
                if said and all(offer["serial"] != said.serial for offer in known):
                    digest = sha256(render(said))
                    known.append({"serial": said.serial, "sha256": digest, "expires": said.expires})
            if known:
                offers[key] = known[-REMEMBERED:]
        # what was seen of links that are over stays: it must not come back
        return {"seen": {**seen["state"]["seen"], **taken_},
                "offers": offers}  # fmt: skip

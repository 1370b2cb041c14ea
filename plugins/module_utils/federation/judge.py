"""Whether a document that came from a peer is taken: the first check that fails is named.

Pure but for the signature, which ``ssh-keygen`` checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..system import System
from .documents import DocumentError, Offer, Request, Signed, read, seconds
from .signing import verify

#: Seconds that a peer's clock may be ahead.
SKEW = 300


@dataclass(frozen=True)
class Expected:
    """What the model says of the link, and what is remembered.

    serial, sha256  of the last document taken from this peer for this link; 0 and "" at first.
    """

    link: str
    source: str
    target: str
    peer: str
    fingerprint: str
    serial: int = 0
    sha256: str = ""


def taken(system: System, text: str, kind: str, expected: Expected, now: float) -> Signed:
    """The document, if it is what it has to be. Raises DocumentError."""
    signed = read(text)
    document, peer = signed.document, expected.peer
    if signed.fingerprint != expected.fingerprint:
        raise DocumentError(
            "signer",
            f"signed by {signed.fingerprint}, and the model says that {peer}'s key is "
            f"{expected.fingerprint}: ask {peer}, by another way",
        )
    if not verify(system, signed.body, signed.public_key, signed.signature):
        raise DocumentError("signature", f"does not fit the text: {peer} has to send it again")
    if document.kind != kind:
        raise DocumentError("kind", f"is a document of kind {document.kind}, not {kind}")
    for name in ("link", "source", "target"):
        told, wanted = getattr(document, name), getattr(expected, name)
        if told != wanted:
            raise DocumentError(name, f"{peer} says {told}, this site's model says {wanted}")
    if kind == "end" and document.by != peer:
        raise DocumentError("by", f"says {document.by}, and comes from {peer}")
    if seconds(document.issued) > now + SKEW:
        raise DocumentError("clock", f"was issued at {document.issued}, which is still to come")
    if seconds(document.expires) <= now:
        raise DocumentError("expired", f"ended at {document.expires}: {peer} has to run again")
    if document.serial < expected.serial:
        raise DocumentError(
            "replayed", f"has the serial {document.serial}, and {expected.serial} was seen before"
        )
    if document.serial == expected.serial and signed.sha256 != expected.sha256:
        raise DocumentError("replayed", f"is another document with the serial {document.serial}")
    return signed


def agree(offer: Offer, link: Mapping[str, Any], target: str) -> list[str]:
    """What the offer and the source's model differ in where that may be; else DocumentError.

    *link*: the terms of the model (``link_terms``). A target may lend less than was hoped for.
    """
    if offer.audience.split(":")[1] != target:
        raise DocumentError("audience", f"{offer.audience} does not name {target}")
    if sorted(offer.namespaces) != sorted(link["namespaces"]):
        raise DocumentError("namespaces", _differ(offer, link["namespaces"], offer.namespaces))
    if offer.credential != link["credential"]:
        raise DocumentError("credential", _differ(offer, link["credential"], offer.credential))
    found = []
    budget = offer.budget.model_dump(exclude_none=True)
    for name in sorted({*budget, *link["budget"]}):
        if budget.get(name) != link["budget"].get(name):
            told, hoped = budget.get(name, "no limit"), link["budget"].get(name, "no limit")
            found.append(f"budget.{name}: {offer.target} lends {told}, the model says {hoped}")
    if offer.pod_security != link["pod_security"]:
        found.append(f"pod_security: {offer.target} says {offer.pod_security}")
    if offer.priority != link["priority"]:
        found.append(f"priority: {offer.target} says {offer.priority}")
    return found


def _differ(offer: Offer, own: Any, told: Any) -> str:
    return f"{offer.target} offers {told}, {offer.source}'s model says {own}: agree on one"


def answers(request: Request, offers: Sequence[Mapping[str, Any]], now: float) -> bool:
    """Whether the newest offer is answered; False: the one before. Else DocumentError.

    *offers*: own ones, ``{serial, sha256, expires}``, the newest last.
    """
    for number, offer in enumerate(reversed(offers)):
        if (request.offer.serial, request.offer.sha256) == (offer["serial"], offer["sha256"]):
            if seconds(offer["expires"]) <= now:
                raise DocumentError("expired", f"answers an offer that ended at {offer['expires']}")
            return number == 0
    raise DocumentError(
        "answer", f"answers offer {request.offer.serial}, which is none of this site's last ones"
    )


def identity(request: Request, source: str, expected_subject: str, *, sealed: bool) -> None:
    """The request's identity is the engine's own, named by its site. Raises DocumentError.

    sealed  whether it has to bring a key for tokens.
    """
    if sealed and request.encryption_key is None:
        raise DocumentError("encryption_key", f"is missing: {source} has to run again")
    if request.subject != expected_subject:
        raise DocumentError("subject", f"is {request.subject}, not {expected_subject}")
    if request.username != f"{source}:{request.subject}":
        raise DocumentError("username", f"{request.username!r} is not {source}:{request.subject}")

"""Bound tokens between sites: when a new one is due, and whether one that came is taken.

A token travels as a signed document in which it is sealed for the source. On the controller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..system import System
from .account import username
from .documents import DocumentError, Signed, Token, at, read, seconds
from .judge import Expected, taken
from .jwt import claims
from .sealing import SealingError, SealingKey, seal
from .terms import LinkSpec

#: Made anew when less than this part of its life is left.
RENEWED = 0.5


def due(own: Signed | None, key: str, now: float) -> str:
    """Why the target makes a new token; "" while the one that was sent serves.

    own  this site's last document. key: the source's, as its request says it.
    """
    if own is None:
        return "none was sent"
    said = own.document
    if said.encryption_key != key:
        return "the last one is sealed for another key"
    left = seconds(said.expires) - now
    life = seconds(said.expires) - seconds(said.issued)
    return "less than half of its life is left" if left < life * RENEWED else ""


def sealed(
    link: LinkSpec, key: str, serial: int, now: float, token: str, account: str
) -> Token:  # fmt: skip
    """The document of *token*; it ends when the token does. ValueError if it is no JWT.

    key  the source's. account: uid of the account that the token is bound to.
    """
    said = {"link": link.name, "source": link.source, "target": link.target, "serial": serial}
    return Token(
        **said, issued=at(now), expires=at(claims(token)["exp"]), account=account,
        encryption_key=key, sealed=seal({**said, "token": token}, key),
    )  # fmt: skip


def judged(
    system: System, key: SealingKey, text: str, link: LinkSpec, known: str, last: Signed | None,
    now: float,
) -> Signed:  # fmt: skip
    """A document that came, if it is what it has to be. Raises DocumentError.

    known  fingerprint of the peer. last: the one that was taken before.
    """
    expected = Expected(
        link.name, link.source, link.target, link.peer, known,
        last.document.serial if last else 0, last.sha256 if last else "",
    )  # fmt: skip
    signed = taken(system, text, "token", expected, now)
    opened(key, signed.document)
    return signed


def opened(key: SealingKey, document: Token) -> str:
    """The token in it. DocumentError where it is not this document's, or ends at another time."""
    if document.encryption_key != key.public():
        raise DocumentError("key", f"is sealed for another key: {document.target} makes a new one "
                            "when it has this site's newest request")  # fmt: skip
    try:
        content = key.open(document.sealed)
    except SealingError as error:
        raise DocumentError("key", str(error)) from None
    for name in ("link", "source", "target", "serial"):
        if content.get(name) != getattr(document, name):
            raise DocumentError(name, f"what is sealed says {str(content.get(name))[:80]!r}")
    token = content.get("token")
    try:
        said = claims(token if isinstance(token, str) else "")
    except ValueError as error:
        raise DocumentError("token", str(error)) from None
    if at(said["exp"]) != document.expires:
        raise DocumentError("token", f"ends at {at(said['exp'])}, and its document says "
                            f"{document.expires}")  # fmt: skip
    if said.get("sub") != username(document.link):
        raise DocumentError("token", f"is not of {username(document.link)}")
    return str(token)


def kept(key: SealingKey, text: str | None) -> Signed | None:
    """The document that was taken before, if it can still be read."""
    try:
        signed = read(text or "")
        opened(key, signed.document)
    except (DocumentError, SealingError, AttributeError):
        return None
    return signed


def renewal(kind: str, lifetime: int, token: Mapping[str, Any] | None) -> str:
    """How a link's credential goes on, for people."""
    if kind == "jwt":
        return f"kubelet renews its token every {lifetime * 8 // 10} s"
    said = f"token until {token['expires']}" if token and token["expires"] else "no token yet"
    return f"{said}: {token['due']}" if token and token.get("due") else said

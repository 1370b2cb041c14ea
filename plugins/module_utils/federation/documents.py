"""Offers, requests, tokens and notes of an end: small signed files that people can read.

A document is a body, in YAML as the kit writes it, the signer's public key and the signature
over the body's exact bytes. Nothing in it is secret but a token, which is sealed for its reader.
On the controller only (pydantic, PyYAML).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal, Union

import yaml
from pydantic import Field, ValidationError

from ..site_model.sections.base import Part
from ..site_model.sections.federation import Budget
from ..site_model.sections.scalars import Label
from .signing import KEY, Signer, SigningError, fingerprint

#: Bytes; an offer with its CA is about 3 KiB.
LONGEST = 65536
_LEVELS = 5
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
_URL = r"^https://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~/-]*)?$"
_PEM = r"^(-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=]+\n)+-----END CERTIFICATE-----\n)+$"
_SEALING = r"^x25519:[A-Za-z0-9+/]{43}=$"
_SIGNED = re.compile(
    rf"(?P<body>.*\n)(?P<key>{KEY.pattern})\n"
    r"(?P<signature>-----BEGIN SSH SIGNATURE-----\n[A-Za-z0-9+/=\n]+"
    r"-----END SSH SIGNATURE-----)\n*",
    re.DOTALL,
)


class DocumentError(ValueError):
    """A document that is not taken: the check that failed, and what is wrong."""

    def __init__(self, check: str, message: str) -> None:
        super().__init__(f"{check}: {message}")
        self.check = check


class Body(Part):
    """What every document says. Times are UTC; a later document has a higher serial."""

    version: Literal[1] = 1
    link: Label
    source: Label
    target: Label
    serial: int = Field(ge=1, le=2**53)
    issued: str = Field(pattern=_TIME)
    expires: str = Field(pattern=_TIME)


class Offer(Body):
    """The target's: where its API is, how it wants to be addressed, what it lends."""

    kind: Literal["offer"] = "offer"
    api: str = Field(pattern=_URL, max_length=300)
    certificate_authority: str = Field(pattern=_PEM, max_length=20000)
    audience: str = Field(pattern=r"^slipway:[a-z0-9-]+:[A-Za-z0-9._-]+$", max_length=200)
    namespaces: list[Label] = Field(min_length=1, max_length=200)
    budget: Budget
    priority: int
    pod_security: Literal["restricted", "baseline", "privileged"]
    credential: Literal["jwt", "token"]
    token_lifetime: int = Field(ge=600, le=86400)


class Answered(Part):
    """The offer that a request answers: its serial and the SHA-256 of its body."""

    serial: int = Field(ge=1, le=2**53)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Request(Body):
    """The source's answer: who will come, and where the target finds that identity's keys."""

    kind: Literal["request"] = "request"
    offer: Answered
    issuer: str = Field(pattern=_URL, max_length=300)
    discovery: str = Field(pattern=_URL, max_length=400)
    certificate_authority: str = Field(pattern=_PEM, max_length=20000)
    subject: str = Field(pattern=r"^system:serviceaccount:[a-z0-9-]+:[a-z0-9.-]+$", max_length=300)
    username: str = Field(max_length=400)
    encryption_key: str | None = Field(None, pattern=_SEALING)


class Token(Body):
    """The target's: a token of the peer's account, sealed for the source; both end together."""

    kind: Literal["token"] = "token"
    account: str = Field(pattern=r"^[0-9a-f-]{36}$")
    encryption_key: str = Field(pattern=_SEALING)
    sealed: str = Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=20000)


class End(Body):
    """Either side's note that the link is over."""

    kind: Literal["end"] = "end"
    by: Label


Document = Union[Offer, Request, Token, End]  # noqa: UP007
KINDS = {"offer": Offer, "request": Request, "token": Token, "end": End}


@dataclass(frozen=True)
class Signed:
    """A document as it came: what it says, who signed it, the SHA-256 of its body."""

    document: Document
    text: str
    body: str
    public_key: str
    signature: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public_key)

    @property
    def sha256(self) -> str:
        return sha256(self.body)


def sha256(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def at(seconds: float) -> str:
    """A time as documents write it."""
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(time: str) -> float:
    """Since the epoch. DocumentError for a day that is none."""
    try:
        return datetime.strptime(time, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        raise DocumentError("form", f"{time} is no time") from None


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def render(document: Document) -> str:
    """The body: the same text for the same document, always."""
    data = document.model_dump(exclude_none=True)
    kind = data.pop("kind")
    head = f"# Slipway federation, link {document.link}: {document.source} -> {document.target}\n"
    plain = {"kind": kind, **data}
    return head + yaml.dump(plain, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=False)


def sign(document: Document, signer: Signer) -> str:
    """The whole file."""
    body, public = render(document), signer.public()
    if public is None:
        raise SigningError(f"{signer.path} is missing")
    return f"{body}{public}\n{signer.sign(body)}"


def read(text: str) -> Signed:
    """A file taken apart; the signature is not looked at yet. DocumentError says what is wrong."""
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        raise DocumentError("size", f"is larger than {LONGEST} bytes")
    found = _SIGNED.fullmatch(text)
    if not found:
        raise DocumentError("form", "is not a body, an Ed25519 key and an SSH signature")
    body = found["body"]
    document = _document(body)
    # one way to write each document: no aliases, tags, duplicate keys, odd types or tricks
    if render(document) != body:
        raise DocumentError("form", "is not written as the kit writes it")
    seconds(document.issued), seconds(document.expires)
    try:
        fingerprint(found["key"])
    except SigningError as error:
        raise DocumentError("form", str(error)) from None
    return Signed(document, text, body, found["key"], found["signature"])


def _document(body: str) -> Document:
    try:
        _refuse_tricks(body)
        data = yaml.safe_load(body)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, DocumentError):
            raise
        raise DocumentError("form", f"is no plain YAML ({type(error).__name__})") from None
    if not isinstance(data, dict):
        raise DocumentError("form", "is no mapping")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise DocumentError("form", f"kind: {str(kind)[:40]!r} is none of {', '.join(KINDS)}")
    try:
        return KINDS[kind].model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise DocumentError("form", f"{where}: {first['msg']}") from None


def _refuse_tricks(body: str) -> None:
    """Before anything is built: depth, and what could make much of little."""
    depth = documents = 0
    for event in yaml.parse(body, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise DocumentError("form", "has an anchor or an alias")
        if getattr(event, "tag", None):
            raise DocumentError("form", "has a tag")
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _LEVELS or documents > 1:
            raise DocumentError("form", "is nested too deep or has several documents")

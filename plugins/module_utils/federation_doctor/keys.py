"""An issuer's public keys, as anybody may read them: what a target's API server does."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import Any

from .findings import Broken
from .outside import Outside

DISCOVERY = "/.well-known/openid-configuration"


def published(
    outside: Outside, url: str, authority: str, issuer: str, side: str
) -> str | Broken:  # fmt: skip
    """*url* of the discovery document. *side* of the issuer."""
    document = _read(outside, url, authority, side)
    if isinstance(document, Broken):
        return document
    told = document.get("issuer")
    if told != issuer:
        return Broken(
            f"the API server calls itself {told}, and the documents say {issuer}", side,
            "Run playbooks/clusters.yml, or playbooks/federation.yml if the model has changed",
        )  # fmt: skip
    keys = _read(outside, str(document.get("jwks_uri", "")), authority, side)
    if isinstance(keys, Broken):
        return keys
    if not keys.get("keys"):
        return Broken(f"{issuer} has no keys", side, "See the API server's service account keys")
    return f"{len(keys['keys'])} key of {issuer} can be read by anybody"


def _read(outside: Outside, url: str, authority: str, side: str) -> Mapping[str, Any] | Broken:
    found = urllib.parse.urlsplit(url)
    reply = outside.get(found.hostname or "", found.port or 443, found.path, authority)
    if reply.status in (401, 403):
        return Broken(
            f"{url} is not shown to anybody (HTTP {reply.status})", side,
            "At the source: run playbooks/clusters.yml, then playbooks/federation.yml",
        )  # fmt: skip
    data = reply.data()
    if reply.status != 200 or not isinstance(data, Mapping):
        return Broken(
            f"{url} gives no keys (HTTP {reply.status})", side,
            "At the source: see --service-account-issuer and …-jwks-uri of the API server",
        )  # fmt: skip
    return data

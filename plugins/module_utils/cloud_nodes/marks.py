"""What the kit wrote into a node, kept in its ``extra``: names of keys, and fingerprints.

Ironic answers '******' for passwords. A fingerprint tells a changed one, and nobody a password:
it begins with scrypt, and is cut so short that many passwords have the same.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from ..cloud.marks import KEY
from .spec import NodeSpec

#: Beside the mark of the site.
WROTE = f"{KEY}_wrote"
#: Fields of a node of which others write keys as well.
SHARED = ("driver_info", "properties", "extra")
_DIGITS = 5


def wrote(extra: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the kit wrote, from a node's ``extra``."""
    found = (extra or {}).get(WROTE)
    return found if isinstance(found, dict) else {}


def to_write(node: NodeSpec) -> dict[str, Any]:
    """The same as it is to be, without what only a configured RAID brings."""
    mark: dict[str, Any] = {field: sorted(getattr(node, field)) for field in SHARED}
    if node.secrets:
        mark["credentials"] = credentials(node)
    return mark


def credentials(node: NodeSpec) -> str:
    """Fingerprint of a node's hidden values: 20 bits."""
    slow = _slow(json.dumps(dict(node.secrets), sort_keys=True))
    return hmac.new(slow, node.name.encode(), "sha256").hexdigest()[:_DIGITS]


def raid(wanted: Mapping[str, Any]) -> str:
    """Fingerprint of a RAID configuration; no secret."""
    return hashlib.sha256(json.dumps(dict(wanted), sort_keys=True).encode()).hexdigest()[:12]


@functools.cache
def _slow(text: str) -> bytes:
    """Once for each password, however many nodes have it."""
    return hashlib.scrypt(text.encode(), salt=b"slipway node", n=2**12, r=8, p=1)

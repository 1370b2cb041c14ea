"""What a JWT says of itself; only its API server can check it. No library: nodes have none."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any


def claims(token: str) -> dict[str, Any]:
    """Of a JWT, whose signature only its API server checks. ValueError if it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("is no JWT")
    try:
        body = base64.b64decode(parts[1] + "=" * (-len(parts[1]) % 4), "-_", validate=True)
        found = json.loads(body)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise ValueError("is no JWT") from None
    if not isinstance(found, dict) or not isinstance(found.get("exp"), int):
        raise ValueError("is a JWT without an end")
    return found

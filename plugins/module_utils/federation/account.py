"""The account by which a peer comes where the target's API server cannot trust its issuer.

Pure, plain manifests. No lasting token is made of it; when it goes, all of its tokens end.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from .manifest import LABEL, manifest

#: Of the kit's own: no peer has a right in it.
NAMESPACE = "slipway-federation"


def by_token(link: Mapping[str, Any]) -> bool:
    """Whether the target sends tokens. *link*: terms of the model."""
    return bool(link["credential"] == "token" and link["source"] != link["target"])


def username(link: str) -> str:
    """As the target's API server knows the peer."""
    return f"system:serviceaccount:{NAMESPACE}:{link}"


def namespace() -> dict[str, Any]:
    """It holds accounts only."""
    return manifest(
        "v1", "Namespace", NAMESPACE, labels={"pod-security.kubernetes.io/enforce": "restricted"}
    )


def account(link: str) -> dict[str, Any]:
    return manifest(
        "v1", "ServiceAccount", link, NAMESPACE, {LABEL: link}, automountServiceAccountToken=False
    )


def secret_name(link: str) -> str:
    """Of the Secret with the peer's token, in the engine's namespace of a source."""
    return f"slipway-token-{link}"


def secrets(tokens: Mapping[str, str], home: str) -> list[dict[str, Any]]:
    """Those Secrets. *tokens* by link, *home*: the engine's namespace."""
    return [
        manifest(
            "v1", "Secret", secret_name(link), home, {LABEL: link}, type="Opaque",
            data={"token": base64.b64encode(token.encode()).decode()},
        )
        for link, token in sorted(tokens.items())
    ]  # fmt: skip

"""A link's row of the report's table: its credential's age, its documents, its budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..federation import jwt
from ..federation.engine import engine
from ..federation.source import token_path
from ..federation_doctor.spec import LinkFacts
from ..kube_api import Object
from ..system import System

#: Where kubelet keeps projected volumes of the pods of its node.
_VOLUMES = "/var/lib/kubelet/pods/*/volumes/kubernetes.io~projected"
DAY = 86400


def credential(link: LinkFacts) -> str:
    """``jwt`` or ``token``, as both sides have agreed; "" for a cluster that is its own target."""
    if link.bursting:
        return ""
    if link.offer is not None:
        return "token" if link.secret else "jwt"
    return "jwt" if link.trusted is not None else "token"


def claims(token: str) -> dict[str, Any]:
    """Of a JWT, nothing of which is proven; {} for what is none."""
    try:
        return jwt.claims(token)
    except ValueError:
        return {}


def lifetime(token: str) -> int | None:
    """Seconds from issue to end."""
    said = claims(token)
    begin, end = said.get("iat"), said.get("exp")
    if not isinstance(begin, int) or not isinstance(end, int):
        return None
    return end - begin


def age(system: System, link: str, now: float) -> int | None:
    """Seconds since the engine's token was made; None unless one of its pods is on this node."""
    volume = engine().token_volume([])["name"]
    issued = [
        claims(system.read(path) or "").get("iat")
        for path in system.glob(f"{_VOLUMES}/{volume}/{token_path(link)}")
    ]
    ages = [round(now - each) for each in issued if isinstance(each, int)]
    return max(ages, default=None)


def days(expires: str, now: float) -> int | None:
    """Whole days until *expires*, as documents write a time; None without one."""
    if not expires:
        return None
    end = datetime.strptime(expires, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    return int((end - now) // DAY)


def budget(link: str, quotas: Mapping[str, Sequence[Object]]) -> list[dict[str, str]]:
    """``[{namespace, resource, used, hard}]`` of the link's own ResourceQuota in each namespace.

    Without what bounds the engine's objects: that is no part of the budget.
    """
    bounds = engine().quota()
    return [
        {
            "namespace": namespace, "resource": resource,
            "used": quota.get("status", {}).get("used", {}).get(resource, "0"), "hard": hard,
        }
        for namespace, found in quotas.items()
        for quota in found
        if quota["metadata"]["name"] == f"slipway-{link}"
        for resource, hard in quota["spec"]["hard"].items()
        if resource not in bounds
    ]  # fmt: skip

"""Whether a pod still fits a namespace's ResourceQuotas. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from ..federation.target import DEFAULT_REQUEST
from ..kube_api import Object

_UNITS = {
    "n": Decimal(10) ** -9, "u": Decimal(10) ** -6, "m": Decimal(10) ** -3, "": Decimal(1),
    **{unit: Decimal(1000) ** power for power, unit in enumerate(("k", "M", "G", "T", "P"), 1)},
    **{unit: Decimal(1024) ** p for p, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi"), 1)},
}  # fmt: skip


def amount(text: str) -> Decimal:
    """A quantity of Kubernetes as a number; 0 for what is none."""
    number = text.rstrip("kKMGTPinum")
    try:
        return Decimal(number) * _UNITS.get(text[len(number) :], Decimal(1))
    except InvalidOperation:
        return Decimal(0)


def exceeded(quotas: Sequence[Object], spec: Any) -> str:
    """What one more pod of *spec* would be too much of; "" where it fits."""
    wanted = requests(spec)
    for quota in quotas:
        hard, used = (quota.get("status", {}).get(key, {}) for key in ("hard", "used"))
        for name, limit in hard.items():
            more = wanted.get(name, Decimal(0))
            if more and amount(used.get(name, "0")) + more > amount(limit):
                return (
                    f"{name}: {used.get(name, '0')} of {limit} are in use, and it asks for {more}"
                )
    return ""


def full(quotas: Sequence[Object]) -> list[str]:
    """What is used up in each, for people."""
    found = []
    for quota in quotas:
        hard, used = (quota.get("status", {}).get(key, {}) for key in ("hard", "used"))
        name = f"{quota['metadata']['namespace']}/{quota['metadata']['name']}"
        for what, limit in hard.items():
            if amount(limit) and amount(used.get(what, "0")) >= amount(limit):
                found.append(f"quota {name}: {what}: {used[what]} of {limit} are in use")
    return found


def requests(spec: Any) -> dict[str, Decimal]:
    """What a pod counts for: {"pods": 1, "requests.cpu": …}, with the target's LimitRange."""
    found = {"pods": Decimal(1)}
    for container in spec.get("containers", ()):
        resources = container.get("resources", {})
        asked = {**resources.get("limits", {}), **resources.get("requests", {})}
        for name, value in {**DEFAULT_REQUEST, **asked}.items():
            key = f"requests.{name}"
            found[key] = found.get(key, Decimal(0)) + amount(str(value))
    return found

"""What a module was given of each object, checked; errors name the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NEEDED: Any = object()


@dataclass(frozen=True)
class Field:
    """A key: its type (``None`` is taken too where it is the default), and its default."""

    kind: type
    default: Any = _NEEDED


def read(
    what: str, given: Mapping[str, Any], fields: Mapping[str, Field]
) -> dict[str, dict[str, Any]]:
    """Each object by name with all its keys. Raises ValueError ("flavors.a.ram: is missing")."""
    found = {}
    for name, thing in given.items():
        found[str(name)] = one(f"{what}.{name}", thing, fields)
    return found


def one(where: str, thing: Any, fields: Mapping[str, Field]) -> dict[str, Any]:
    """One object with all its keys. Raises ValueError."""
    if not isinstance(thing, Mapping):
        raise ValueError(f"{where}: must be a mapping")
    for key in thing:
        if key not in fields:
            raise ValueError(f"{where}.{key}: is unknown; known: {', '.join(fields)}")
    values = {}
    for key, field in fields.items():
        value = thing.get(key, field.default)
        if value is _NEEDED or (value is None and field.default is _NEEDED):
            raise ValueError(f"{where}.{key}: is missing")
        if value is None and field.default is not None:
            value = field.default
        wrong = isinstance(value, bool) and field.kind is not bool
        if value is not None and (wrong or not isinstance(value, field.kind)):
            raise ValueError(f"{where}.{key}: {value!r} is no {field.kind.__name__}")
        values[key] = value
    return values

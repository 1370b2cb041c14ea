"""One change of a node, and what it is found from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..cloud.api import Thing
from .ironic import Ironic

#: Does a change; UUIDs of port groups by name are found out on the way.
Do = Callable[[Ironic, dict[str, str]], None]


@dataclass(frozen=True)
class Edit:
    """One change.

    what       for the diff ("properties.cpus", "port 52:54:…").
    do         does it; None: one request before it does.
    in_use     the server on a node does not notice.
    unplugged  Ironic allows it only where the node is not available, or is in maintenance.
    """

    what: str
    before: Any
    after: Any
    do: Do | None = None
    in_use: bool = False
    unplugged: bool = False


@dataclass(frozen=True)
class Seen:
    """A node with its ports and port groups as Ironic has them; bios only where the model has."""

    node: Thing
    ports: Sequence[Thing]
    groups: Sequence[Thing]
    bios: Mapping[str, str]


def patch_of(has: Mapping[str, Any], wanted: Mapping[str, Any], below: str = "") -> list[Thing]:
    """JSON patch for all of *wanted* that differs; None removes."""
    patch: list[Thing] = []
    for key, value in wanted.items():
        path = f"{below}/{key.replace('~', '~0').replace('/', '~1')}"
        if value is None:
            if has.get(key) is not None:
                patch.append({"op": "remove", "path": path})
        elif not same(has.get(key), value):
            patch.append({"op": "add", "path": path, "value": value})
    return patch


def same(one: Any, other: Any) -> bool:
    """Inspection writes numbers as text: 128 is "128"."""
    plain = (str, int, float)
    if isinstance(one, plain) and isinstance(other, plain):
        return str(one) == str(other)
    return bool(one == other)

"""The whole model, typed. What cannot be read is left out, so that the rest is still checked."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from .problems import Path, Problem
from .sections.all import REQUIRED, SECTIONS
from .sections.clusters import Cluster
from .sections.fabrics import Fabric
from .sections.federation import Federation
from .sections.hosts import HostGroup
from .sections.nics import NicProfile
from .sections.openstack import OpenStack
from .sections.site import Site
from .typed import read

#: Sections whose keys are names of items; in the others items are one level deeper.
MAPS = tuple(name for name, kind in SECTIONS.items() if getattr(kind, "__origin__", None) is dict)


@dataclass
class Model:
    """The sections, and the names that the operator wrote, also of what could not be read."""

    site: Site | None = None
    fabrics: dict[str, Fabric] = field(default_factory=dict)
    nic_profiles: dict[str, NicProfile] = field(default_factory=dict)
    host_groups: dict[str, HostGroup] = field(default_factory=dict)
    openstack: OpenStack | None = None
    clusters: dict[str, Cluster] = field(default_factory=dict)
    federation: Federation | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()

    def names(self, *path: str) -> list[str]:
        """Names written at a place: ``names("site_fabrics")``."""
        value: Any = self.raw
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        return [str(name) for name in value] if isinstance(value, Mapping) else []

    def all_read(self, items: Collection[str], *path: str) -> bool:
        """Whether *items* is all that the operator wrote at a place of named items."""
        return self.knows(*path) and len(items) == len(self.names(*path))

    def knows(self, *path: str) -> bool:
        """Whether all names at a place are known: not where it is missing or cannot be read."""
        if path[0] in self.unread or (path[0] in REQUIRED and path[0] not in self.raw):
            return False
        value: Any = self.raw
        for step in path:
            if step not in value:
                return True
            value = value[step]
            if not isinstance(value, Mapping):
                return False
        return True


def read_model(
    raw: Mapping[str, Any], problems: list[Problem], unread: frozenset[str] = frozenset()
) -> Model:
    """The model from its sections by variable name; what is wrong is added to *problems*.

    *unread*: sections that may be in a file that cannot be read.
    """
    model = Model(raw=raw, unread=unread)
    for name, kind in SECTIONS.items():
        value = raw.get(name)
        if value is None:
            if name in REQUIRED and name not in raw and name not in unread:
                message, fix = "is missing", f"Write it in group_vars/all/{_file(name)}."
                place = "group_vars/all"
                problems.append(Problem("missing-section", (name,), message, fix, file=place))
            continue
        part = _read_what_holds(name, kind, value, problems)
        if part is not None:
            setattr(model, "site" if name == "site" else name.removeprefix("site_"), part)
    return model


def _file(section: str) -> str:
    return f"{section.removeprefix('site_').split('_', maxsplit=1)[0]}.yml".replace(
        "host.", "hosts."
    )


def _read_what_holds(name: str, kind: Any, value: Any, problems: list[Problem]) -> Any:
    """A section; items that are wrong are reported and left out, the others stay."""
    found: list[Problem] = []
    part = read(kind, value, (name,), found)
    problems += found
    if part is not None or not isinstance(value, Mapping):
        return part
    depth = 1 if name in MAPS else 2
    rest = copy.deepcopy(dict(value))
    for problem in found:
        _remove(rest, problem.path[1 : 1 + depth])
    return read(kind, rest, (name,), [])


def _remove(value: Any, path: Path) -> None:
    for step in path[:-1]:
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, dict) and path:
        value.pop(path[-1], None)

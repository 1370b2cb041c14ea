"""One host's part of the model, typed: its group, its NIC profiles, its fabrics.

Reads only what concerns the host, so that it costs the same in a site of any size.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .problems import ModelError, Path, Problem, suggest
from .sections.fabrics import Fabric
from .sections.hosts import HostGroup, HostOverrides
from .sections.nics import NicProfile
from .typed import read


@dataclass(frozen=True)
class HostView:
    """What the model says about one host.

    index    its number in the site, from 1; 0 where it has none.
    address  ``ansible_host`` where that is an IP address, else "".
    profiles by name, in the group's order; fabrics: those that it uses, and management's.
    """

    name: str
    group_name: str
    index: int
    address: str
    group: HostGroup
    profiles: dict[str, NicProfile]
    fabrics: dict[str, Fabric]

    def profile_of(self, link: str | None) -> NicProfile | None:
        """The NIC profile whose bond is *link*; without a link the only one."""
        if link is None:
            return next(iter(self.profiles.values())) if len(self.profiles) == 1 else None
        return next((p for p in self.profiles.values() if p.bond.name == link), None)

    def link_of(self, fabric: str) -> str | None:
        """The bond that carries a fabric; None where the model leaves it open."""
        link = self.group.fabrics[fabric].link
        profile = self.profile_of(link)
        return link or (profile.bond.name if profile else None)


def host_view(model: Mapping[str, Any], host: Mapping[str, Any]) -> HostView:
    """The view of *host* (``name``, ``groups``, ``index``, ``address``, ``overrides``).

    *model*: the sections by variable name. Raises ModelError with all that is wrong for it.
    """
    problems: list[Problem] = []
    view = build_view(model, host, problems)
    if problems or view is None:
        raise ModelError(problems)
    return view


def build_view(
    model: Mapping[str, Any], host: Mapping[str, Any], problems: list[Problem]
) -> HostView | None:
    """As host_view, with the problems collected; None if there is too little to go on."""
    name = str(plain(host["name"]))
    groups = as_map(model, "site_host_groups")
    mine = [g for g in plain(host.get("groups") or []) if g in groups]
    if len(mine) != 1:
        wrong = f"is in {' and '.join(mine)}" if mine else "is in no group"
        problems.append(
            Problem(
                "host-group",
                ("site_host_groups",),
                f"host {name} {wrong} of the model",
                f"Put {name} into exactly one of: {', '.join(sorted(groups)) or 'none defined'}.",
            )  # fmt: skip
        )
        return None
    overrides = plain(host.get("overrides") or {})
    extra = read(HostOverrides, overrides, ("site_host_overrides",), problems)
    if extra is None:
        return None
    changed = extra.model_dump(exclude_unset=True, exclude={"nic_profiles"})
    path: Path = ("site_host_groups", mine[0])
    group = read(HostGroup, merged(plain(groups[mine[0]]), changed), path, problems)
    if group is None:
        return None
    profiles = {}
    for profile in group.nic_profiles:
        mine_too = extra.nic_profiles.get(profile, {})
        found = _item(
            model, "site_nic_profiles", profile, NicProfile, problems,
            (*path, "nic_profiles"), mine_too,
        )  # fmt: skip
        if found:
            profiles[profile] = found
    for profile in extra.nic_profiles:
        if profile not in group.nic_profiles:
            problems.append(
                Problem(
                    "unknown-profile",
                    ("site_host_overrides", "nic_profiles", profile),
                    f"group {mine[0]} has no such NIC profile",
                    suggest(profile, group.nic_profiles),
                )  # fmt: skip
            )
    fabrics = {}
    for fabric in dict.fromkeys([*group.fabrics, group.management.fabric]):
        found = _item(model, "site_fabrics", fabric, Fabric, problems, (*path, "fabrics", fabric))
        if found:
            fabrics[fabric] = found
    return HostView(
        name=name, group_name=mine[0], index=_index(host, problems), address=_address(host),
        group=group, profiles=profiles, fabrics=fabrics,
    )  # fmt: skip


def _item(
    model: Mapping[str, Any], section: str, name: str, kind: Any, problems: list[Problem],
    asked_by: Path, changes: Mapping[str, Any] | None = None,
) -> Any:  # fmt: skip
    known = as_map(model, section)
    if name not in known:
        what = section.removeprefix("site_").removesuffix("s").replace("_", " ")
        problems.append(
            Problem(
                f"unknown-{what.rsplit(' ', 1)[-1]}",
                asked_by,
                f"there is no {what} {name!r}",
                suggest(name, known),
                name,
            )  # fmt: skip
        )
        return None
    return read(kind, merged(plain(known[name]), changes or {}), (section, name), problems)


def as_map(model: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    """A section of the model, empty where it is not a map."""
    value = model.get(section)
    return value if isinstance(value, Mapping) else {}


def _index(host: Mapping[str, Any], problems: list[Problem]) -> int:
    index = plain(host.get("index") or 0)
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        problems.append(
            Problem(
                "host-index",
                ("site_host_index",),
                f"of host {host['name']} is not a number from 1",
                "Set site_host_index in the inventory.",
                index,
            )  # fmt: skip
        )
        return 0
    return index


def _address(host: Mapping[str, Any]) -> str:
    text = str(plain(host.get("address") or ""))
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""  # a name, or nothing


def merged(base: Any, changes: Mapping[str, Any]) -> Any:
    """*base* with *changes* put in key by key; neither is touched."""
    if not isinstance(base, Mapping):
        return base
    result = dict(base)
    for name, value in changes.items():
        old = result.get(name)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[name] = merged(old, value) if both else value
    return result


def plain(value: Any) -> Any:
    """A copy in Python's own types: Ansible hands over lazy containers and tagged text."""
    if isinstance(value, Mapping):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    return float(value) if isinstance(value, float) else value

"""One host's part of the model, typed: its group, its NIC profiles, its fabrics.

Reads only what concerns the host, so that it costs the same in a site of any size.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .problems import ERROR, WARNING, ModelError, Path, Problem, suggest
from .sections.all import SECTIONS
from .sections.deployment import PURPOSES
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
    bond_owner  who writes its network: "kit", or "kayobe" for hosts of a cloud.
    """

    name: str
    group_name: str
    index: int
    address: str
    group: HostGroup
    profiles: dict[str, NicProfile]
    fabrics: dict[str, Fabric]
    bond_owner: str = "kit"

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
    own: Path = ("hosts", name, "site_host_overrides")
    group_name = _group_name(model, host, name, problems)
    extra = read(HostOverrides, plain(host.get("overrides") or {}), own, problems)
    if group_name is None or extra is None:
        return None
    changed = extra.model_dump(exclude_unset=True, exclude={"nic_profiles"})
    path: Path = own if changed else ("site_host_groups", group_name)
    raw = merged(plain(as_map(model, "site_host_groups")[group_name]), changed)
    group = read(HostGroup, raw, path, problems)
    if group is None:
        return None
    read_item = _Items(model, problems)
    profiles = {}
    for number, profile in enumerate(group.nic_profiles):
        asked = (*path, "nic_profiles", number)
        change = extra.nic_profiles.get(profile)
        where = (*own, "nic_profiles", profile) if change else ("site_nic_profiles", profile)
        profiles[profile] = read_item("nic_profile", profile, NicProfile, asked, where, change)
    for profile in extra.nic_profiles.keys() - profiles.keys():
        message, fix = f"group {group_name} has no such NIC profile", suggest(profile, profiles)
        problems.append(
            Problem("unknown-profile", (*own, "nic_profiles", profile), message, fix, profile)
        )
    wanted = {name: (*path, "fabrics", name) for name in group.fabrics}
    wanted.setdefault(group.management.fabric, (*path, "management", "fabric"))
    fabrics = {
        fabric: read_item("fabric", fabric, Fabric, asked, ("site_fabrics", fabric))
        for fabric, asked in wanted.items()
    }
    if None in profiles.values() or None in fabrics.values():
        return None
    return HostView(
        name=name,
        group_name=group_name,
        index=_index(host, problems),
        address=_address(host),
        group=group,
        profiles=profiles,
        fabrics=fabrics,
        bond_owner=_bond_owner(model, group),
    )


def _bond_owner(model: Mapping[str, Any], group: HostGroup) -> str:
    """Read without the whole section, which may be large."""
    cloud = as_map(model, "site_openstack")
    return str(cloud.get("bond_owner", "kit")) if group.purpose in PURPOSES else "kit"


def _group_name(
    model: Mapping[str, Any], host: Mapping[str, Any], name: str, problems: list[Problem]
) -> str | None:
    """The one group of the model that the host is in."""
    groups = as_map(model, "site_host_groups")
    mine = [group for group in plain(host.get("groups") or []) if group in groups]
    if len(mine) == 1:
        return str(mine[0])
    wrong = f"is in {' and '.join(sorted(mine))}" if mine else "is in no group of the model"
    fix = f"Put it into exactly one of: {', '.join(sorted(groups)) or 'none defined'}."
    severity = ERROR if mine else WARNING
    problems.append(Problem("host-group", ("hosts", name), wrong, fix, severity=severity))
    return None


class _Items:
    """Reads named items of the model, and says who asked for one that is not there."""

    def __init__(self, model: Mapping[str, Any], problems: list[Problem]) -> None:
        self.model, self.problems = model, problems

    def __call__(
        self, what: str, name: str, kind: Any, asked: Path, where: Path, changes: Any = None
    ) -> Any:
        known = as_map(self.model, f"site_{what}s")
        if name in known:
            return read(kind, merged(plain(known[name]), changes or {}), where, self.problems)
        self.problems.append(unknown(what, name, known, asked))
        return None


def unknown(what: str, name: str, known: Iterable[str], asked: Path) -> Problem:
    """A reference to an item that is not there; *what* is its kind, such as nic_profile."""
    rule = f"unknown-{what.rsplit('_', 1)[-1]}"
    message = f"there is no {what.replace('_', ' ')} {name!r}"
    return Problem(rule, asked, message, suggest(name, known), name)


def section(model: Mapping[str, Any], name: str) -> Any:
    """A whole section, typed; ModelError with all that is wrong in it."""
    problems: list[Problem] = []
    value = read(SECTIONS[name], plain(model.get(name) or {}), (name,), problems)
    if problems:
        raise ModelError(problems)
    return value


def item(model: Mapping[str, Any], name: str, key: str) -> Any:
    """An item of a section that is a map; ModelError if there is none of that name."""
    what = name.removeprefix("site_").removesuffix("s")
    return named(section(model, name), what, key, (name, key))


def named(items: Mapping[str, Any], what: str, name: str, path: Path) -> Any:
    """The item of that name; ModelError with the nearest names if there is none."""
    if name not in items:
        raise ModelError([unknown(what, name, items, path)])
    return items[name]


def as_map(model: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    """A section of the model, empty where it is not a map."""
    value = model.get(section)
    return value if isinstance(value, Mapping) else {}


def _index(host: Mapping[str, Any], problems: list[Problem]) -> int:
    index = plain(host.get("index") or 0)
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        path: Path = ("hosts", str(plain(host["name"])), "site_host_index")
        fix = "Set site_host_index in the inventory, without quotes."
        problems.append(Problem("host-index", path, "is not a number from 1", fix, index))
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

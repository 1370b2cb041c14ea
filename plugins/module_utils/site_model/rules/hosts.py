"""Rules of the inventory's hosts: numbers, addresses, names, groups, overrides."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..derive.addresses import host_address
from ..model import Model
from ..problems import ModelError, Path, Problem
from ..sections.clusters import servers_group
from ..sections.scalars import parse_range
from ..view import HostView, build_view
from .fabrics import ends
from .groups import check_group, group_view
from .nics import check_profile
from .report import error

#: Where what a host refers to is looked for.
_SECTION = {
    "host-group": "site_host_groups",
    "unknown-fabric": "site_fabrics",
    "unknown-profile": "site_nic_profiles",
}
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


def check(model: Model, hosts: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    """All rules of hosts, each as ``site_host`` has it."""
    indexes: dict[Any, str] = {}
    addresses: dict[str, str] = {}
    for host in hosts:
        path = ("hosts", host["name"])
        if not _NAME.fullmatch(host["name"]):
            fix = "Use lower-case letters, digits, hyphens and dots."
            yield error("host-name", path, "is not a DNS name", fix, host["name"])
        for key, value, seen, rule in (
            ("site_host_index", host["index"], indexes, "index-duplicate"),
            ("ansible_host", host["address"], addresses, "address-duplicate"),
        ):
            if value and str(value) in seen:
                message, fix = f"is that of {seen[str(value)]}", "Give each host its own."
                yield error(rule, (*path, key), message, fix, value)
            elif value:
                seen[str(value)] = host["name"]
        yield from _host(model, host)


def _host(model: Model, host: Mapping[str, Any]) -> Iterator[Problem]:
    problems: list[Problem] = []
    view = build_view(model.raw, host, problems)
    own = ("hosts", host["name"])
    for problem in problems:  # what is wrong in the sections is reported there, once
        missing = _SECTION.get(problem.rule)
        if missing and not model.knows(missing):
            continue
        if problem.path[:2] == own and _written(host["overrides"], problem):
            yield problem
    if view is None:
        return
    given = host["address"]
    if given and not isinstance(given, str):
        fix = "Write the host's name or address; an address in quotes."
        yield error("management-address", (*own, "ansible_host"), "is not text", fix)
    elif given and not view.address and not given.strip("0123456789."):
        fix = "Correct it, or write the host's name."
        yield error("management-address", (*own, "ansible_host"), "is not an IP address", fix)
    servers = model.openstack.servers if model.openstack else ()
    of_cloud = view.group_name in {servers_group(name) for name in servers}
    yield from _addresses(view, host["index"], of_cloud)
    if host["overrides"]:
        yield from _overrides(model, view)


def _written(overrides: Any, problem: Problem) -> bool:
    """Whether the host's own overrides hold the key that a problem is about."""
    steps = problem.path[3:-1] if problem.rule == "missing-key" else problem.path[3:]
    for step in steps:
        try:
            overrides = overrides[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _addresses(view: HostView, given: Any, of_cloud: bool) -> Iterator[Problem]:
    """*given*: the index as it is written; *of_cloud*: the host is a server of the cloud."""
    path = ("hosts", view.name, "site_host_index")
    for name in view.group.fabrics:
        fabric = view.fabrics[name]
        if not view.index and not given and fabric.subnet and fabric.ranges.hosts:
            message, fix = f"is missing: its address on fabric {name} follows from it", "Set it."
            yield error("index-missing", path, message, fix)
            break
        try:
            host_address(fabric, view.index or 1, path)
        except ModelError as wrong:
            message = f"{wrong.problems[0].message} of fabric {name}"
            yield error("index-range", path, message, wrong.problems[0].fix, view.index)
    yield from _management(view, () if of_cloud else ("vms",))


def _management(view: HostView, others: tuple[str, ...]) -> Iterator[Problem]:
    path = ("hosts", view.name, "ansible_host")
    fabric = view.fabrics[view.group.management.fabric]
    if view.group.management.managed and (not view.address or not fabric.subnet):
        message = "is not an IP address in a subnet, and management is managed"
        fix = "Set ansible_host to the host's management address, and the fabric's subnet."
        yield error("management-address", path, message, fix)
    if not view.address or not fabric.subnet:
        return
    address, subnet = ipaddress.ip_address(view.address), ipaddress.ip_network(fabric.subnet)
    if address not in subnet:
        message = f"is not in the management fabric's subnet {subnet}"
        fix = "Correct the address, or the fabric of management."
        yield error("management-address", path, message, fix, view.address)
    elif address in ends(subnet):
        message, fix = "is the network or broadcast address", "Name the host's own address."
        yield error("management-address", path, message, fix, view.address)
    elif view.address == fabric.gateway:
        message, fix = "is the gateway of the management fabric", "Correct one of them."
        yield error("management-address", path, message, fix, view.address)
    for kind in (*others, "inspection", "pods"):
        text = getattr(fabric.ranges, kind)
        if text and parse_range(text)[0] <= address <= parse_range(text)[1]:
            message, fix = f"is in the fabric's range for {kind}", "Move one of them."
            yield error("management-address", path, message, fix, view.address)


def _overrides(model: Model, view: HostView) -> Iterator[Problem]:
    """The rules of groups and NICs once more, for what is wrong on this host only."""
    path: Path = ("hosts", view.name, "site_host_overrides")
    base = group_view(model, view.group_name)
    if base is None:
        return
    known = _found(base, path)
    yield from (problem for problem in _found(view, path) if problem not in known)


def _found(view: HostView, path: Path) -> list[Problem]:
    problems = list(check_group(view, path))
    for name, profile in view.profiles.items():
        problems += check_profile(profile, (*path, "nic_profiles", name))
    return problems

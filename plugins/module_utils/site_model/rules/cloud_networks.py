"""Rules of routers and security groups, and of who owns networks."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Model
from ..problems import Path, Problem
from ..sections.cloud_networks import Router, SecurityGroup
from ..sections.openstack import OpenStack
from .report import dangling, error

_PORTS = ("tcp", "udp", "sctp")


def check(model: Model, cloud: OpenStack) -> Iterator[Problem]:
    """All of them."""
    owned = ("networks", cloud.networks), ("routers", cloud.routers)
    for kind, things in (*owned, ("security_groups", cloud.security_groups)):
        for name, thing in things.items():
            where = ("site_openstack", kind, name, "project")
            if thing.project:
                yield from dangling(
                    model, "project", thing.project, where, "site_openstack", "projects"
                )
    for name, router in cloud.routers.items():
        yield from _router(model, cloud, router, ("site_openstack", "routers", name))
    for name, group in cloud.security_groups.items():
        yield from _group(model, group, name, ("site_openstack", "security_groups", name))


def _router(model: Model, cloud: OpenStack, router: Router, path: Path) -> Iterator[Problem]:
    named = [((*path, "networks", n), name) for n, name in enumerate(router.networks)]
    if router.external:
        named.append(((*path, "external"), router.external))
    for where, name in named:
        yield from dangling(model, "network", name, where, "site_openstack", "networks")
    outside = cloud.networks.get(router.external or "")
    if outside and not outside.external:
        message, fix = "is not an external network", "Set external: true there, or name another."
        yield error("router-network", (*path, "external"), message, fix, router.external)
    for number, name in enumerate(router.networks):
        where = (*path, "networks", number)
        network = cloud.networks.get(name)
        fabric = model.fabrics.get(network.fabric) if network else None
        if network and network.external:
            message, fix = "is an external network", "Name it under external, not here."
            yield error("router-network", where, message, fix, name)
        elif fabric and not fabric.gateway:
            message = (
                f"fabric {network.fabric if network else ''} has no gateway for the router to be"
            )
            fix = "Set gateway of the fabric: the router takes it."
            yield error("router-network", where, message, fix, name)


def _group(model: Model, group: SecurityGroup, name: str, path: Path) -> Iterator[Problem]:
    if name == "default":
        message, fix = "each project has a group of that name by itself", "Choose another name."
        yield error("security-group", path, message, fix)
    for number, rule in enumerate(group.rules):
        where = (*path, "rules", number)
        if rule.group:
            there = (*where, "group")
            yield from dangling(
                model, "security-group", rule.group, there, "site_openstack", "security_groups"
            )
        if rule.group and rule.cidr:
            message, fix = "names both a group and addresses", "Make two rules of it."
            yield error("security-rule", where, message, fix)
        if rule.ports and rule.protocol not in _PORTS:
            message = "ports are given for a protocol without ports"
            fix = f"Set protocol to one of {', '.join(_PORTS)}, or remove ports."
            yield error("security-rule", (*where, "ports"), message, fix)

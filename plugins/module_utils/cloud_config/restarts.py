"""Which services a changed file restarts, and on which hosts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .names import group

#: Files by pattern, the services that read them, and the purpose of their hosts ("" all).
_READERS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (r"kolla/config/nova\.conf", ("nova_api", "nova_scheduler", "nova_conductor"), "controller"),
    (r"kolla/config/nova\.conf", ("nova_compute",), "compute"),
    (r"kolla/config/nova/nova-scheduler\.conf", ("nova_scheduler",), "controller"),
    (r"kolla/config/nova/[^/]+/nova\.conf", ("nova_compute",), "host"),
    (r"kolla/config/neutron\.conf", ("neutron_server",), "controller"),
    (r"kolla/config/neutron\.conf", ("neutron_openvswitch_agent",), ""),
    (r"kolla/config/neutron/ml2_conf\.ini", ("neutron_server",), "controller"),
    (r"kolla/config/neutron/openvswitch_agent\.ini", ("neutron_openvswitch_agent",), ""),
    (
        r"kolla/config/neutron/[^/]+/openvswitch_agent\.ini",
        ("neutron_openvswitch_agent",),
        "host",
    ),
    (r"kolla/config/neutron/[^/]+/sriov_agent\.ini", ("neutron_sriov_agent",), "host"),
    (r"ironic\.yml|kolla/config/ironic.*", ("ironic_api", "ironic_conductor"), "controller"),
    (r"inspector\.yml", ("ironic_conductor", "ironic_dnsmasq"), "controller"),
    (r"neutron\.yml", ("neutron_server",), "controller"),
    (
        r"inventory/host_vars/[^/]+/network-interfaces",
        ("openvswitch_vswitchd", "neutron_openvswitch_agent"),
        "host",
    ),
    (
        r"inventory/group_vars/[^/]+/network-interfaces",
        ("openvswitch_vswitchd", "neutron_openvswitch_agent"),
        "group",
    ),
    (r"container-engine\.yml", ("all services",), ""),
    (r"openstack\.yml|kolla\.yml|kolla/globals\.yml", ("all services",), ""),
)


def restarts(paths: Iterable[str], desired: Mapping[str, Any]) -> dict[str, list[str]]:
    """Hosts by service, for changed *paths*. "all services": Kolla restarts those it concerns."""
    found: dict[str, set[str]] = {}
    for path in paths:
        for pattern, services, where in _READERS:
            if re.fullmatch(pattern, path):
                for service in services:
                    found.setdefault(service, set()).update(_hosts(path, where, desired))
    return {service: sorted(hosts) for service, hosts in sorted(found.items())}


def _hosts(path: str, where: str, desired: Mapping[str, Any]) -> list[str]:
    name = path.rpartition("/")[0].rpartition("/")[2]
    if where == "host":
        return [name]
    groups = desired["groups"].items()
    if where == "group":
        return [h for n, g in groups if group(n, g["purpose"]) == name for h in g["hosts"]]
    return [h for _, g in groups if where in ("", g["purpose"]) for h in g["hosts"]]

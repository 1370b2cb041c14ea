"""Verify: networks, Open vSwitch and boot, what belongs to the host and to no one NIC."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..converge import EMULATION, HARDWARE, STAND_IN, Check
from . import networks, routes
from . import openvswitch as ovs
from .drivers import driver
from .drivers.base import Facts
from .paths import READY, REASON, UDEV_RULES
from .spec import OpenVSwitch, Spec


def verify(spec: Spec, facts: Facts) -> list[Check]:
    """One check for each thing that must hold."""
    checks = list(_networks(spec, facts))
    if spec.openvswitch:
        checks += _openvswitch(spec, spec.openvswitch, facts)
    return [*checks, *_boot(spec, facts)]


def compare(
    name: str, expected: Any, got: Any, step: str, look: str, source: str = HARDWARE
) -> Check:
    """A check that holds when *got* is *expected*."""
    return Check(name, expected == got, expected, got, source, step, look)


def _source(spec: Spec) -> str:
    """What no NIC answers for is no better than the host's least real NIC."""
    sources = {driver(nic.driver).source for nic in spec.nics}
    return next((s for s in (STAND_IN, EMULATION) if s in sources), HARDWARE)


def _networks(spec: Spec, facts: Facts) -> Iterator[Check]:
    sources = {nic.bond.name: driver(nic.driver).source for nic in spec.nics}
    for nic in spec.nics:
        link = facts["links"].get(nic.bond.name, {})
        yield compare(
            f"{nic.bond.name}: up, MTU",
            {"up": True, "mtu": nic.mtu},
            {"up": link.get("up"), "mtu": link.get("mtu")},
            "network:activate",
            f"ip link show {nic.bond.name}",
            sources[nic.bond.name],
        )
    for network in spec.networks:
        link = facts["links"].get(network.interface, {})
        expected = {
            "up": True,
            "mtu": network.mtu,
            "vlan": network.vlan,
            "addresses": list(network.addresses),
            "routes missing": [],
        }
        now, ways = link.get("addresses", ()), facts["routes"].get(network.interface, ())
        got = {
            "up": link.get("up"),
            "mtu": link.get("mtu"),
            "vlan": link.get("vlan"),
            "addresses": [a for a in network.addresses if a in now],
            "routes missing": routes.missing(network.routes, ways),
        }
        yield compare(
            f"{network.interface}: {network.name}",
            expected,
            got,
            "network:activate",
            f"ip -d address show {network.interface}; ip route show dev {network.interface}",
            sources.get(network.link, HARDWARE),
        )
    yield from _management(spec, facts)
    former, _ = networks.extra(spec, facts)
    for name, addresses in former.items():
        yield compare(
            f"{name}: former addresses",
            [],
            addresses,
            f"address:{name}",
            f"ip address show {name}",
            _source(spec),
        )


def _management(spec: Spec, facts: Facts) -> Iterator[Check]:
    name = spec.management.interface
    if not spec.management.managed or not name:
        return
    now = facts["links"].get(name, {}).get("addresses", ())
    wanted = networks.management_routes(spec)
    yield compare(
        f"{name}: management",
        {"addresses": list(spec.management.addresses), "routes missing": []},
        {
            "addresses": [a for a in spec.management.addresses if a in now],
            "routes missing": routes.missing(wanted, facts["routes"].get(name, ())),
        },
        "network:activate",
        f"ip address show {name}; ip route show dev {name}",
        _source(spec),
    )


def _openvswitch(spec: Spec, model: OpenVSwitch, facts: Facts) -> Iterator[Check]:
    now, source = facts["openvswitch"], _source(spec)
    yield compare(
        "Open vSwitch: state",
        ovs.RUNNING,
        now["state"],
        "openvswitch:service",
        "ovs-vsctl show",
        source,
    )
    if now["state"] != ovs.RUNNING:
        return
    got = {k: now["other_config"].get(k, ovs.DEFAULTS[k]) for k in ovs.DEFAULTS}
    yield compare(
        "Open vSwitch: offload keys",
        ovs.wanted_keys(model),
        got,
        "openvswitch:settings",
        "ovs-vsctl get Open_vSwitch . other_config",
        source,
    )
    yield compare(
        "Open vSwitch: restarted since hw-offload changed",
        True,
        not now["restart_pending"],
        "openvswitch:restart",
        "systemctl status ovs-vswitchd",
        source,
    )
    for bridge in model.bridges:
        known = now["bridges"].get(bridge.name)
        wanted = ovs.bridge_ports(spec, bridge)
        ports = known["ports"] if known else {}
        elsewhere = {p for p in wanted if (ovs.bridge_of(now, p) or bridge.name) != bridge.name}
        missing = [p for p in wanted if p not in ports and p not in elsewhere]
        errors = [f"{p}: {ports[p]['error']}" for p in wanted if p in ports and ports[p]["error"]]
        yield Check(
            f"{bridge.name}: ports",
            known is not None and not missing and not errors,
            wanted,
            [f"missing: {p}" for p in missing] + errors if missing or errors else sorted(ports),
            source,
            "bridge",
            "ovs-vsctl show",
        )


def _boot(spec: Spec, facts: Facts) -> Iterator[Check]:
    written = (facts["rules"]["text"] or "") == facts["rules"]["wanted"].rstrip()
    yield compare("names at boot", True, written, "udev:rules", UDEV_RULES, _source(spec))
    for unit, enabled in facts["units"].items():
        look = f"systemctl status {unit}"
        yield compare(f"{unit}: enabled", True, enabled, "boot", look, _source(spec))
    look = f"{READY}, and why not: {REASON}"
    yield compare("gate: open", True, facts["gate"]["open"], "gate", look, _source(spec))

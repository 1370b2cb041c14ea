"""What of the wanted interfaces runs, and what differs, as ``ip`` shows it."""

from __future__ import annotations

import contextlib
import ipaddress
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import networks
from .. import routes as ways

if TYPE_CHECKING:
    from ...system import System
    from ..spec import Spec

MISSING, RECREATE, ADJUST = "missing", "recreate", "adjust"

Links = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Interface:
    """One interface that the kit wants. ``kind``: port, bond, vlan, ethernet.

    fixed   info_data of ``ip -d`` that only a new interface can have (mode, VLAN number).
    live    info_data → (sysfs attribute, value) that can be changed while it runs.
    """

    name: str
    kind: str
    mtu: int | None = None
    master: str | None = None
    parent: str | None = None
    addresses: tuple[str, ...] = ()
    routes: tuple[dict[str, Any], ...] = ()
    fixed: dict[str, Any] = field(default_factory=dict)
    live: dict[str, tuple[str, Any]] = field(default_factory=dict)


def wanted(spec: Spec) -> list[Interface]:
    """The spec's interfaces, lower ones first."""
    found = []
    for nic in spec.nics:
        bond = nic.bond
        found += [Interface(p.name, "port", nic.mtu, master=bond.name) for p in nic.ports]
        live = {
            "miimon": ("miimon", bond.miimon),
            "xmit_hash_policy": ("xmit_hash_policy", bond.transmit_hash_policy),
            "min_links": ("min_links", bond.min_links),
        }
        if bond.mode == "802.3ad":
            live["ad_lacp_rate"] = ("lacp_rate", bond.lacp_rate)
        addresses, routes = networks.on(spec.networks, bond.name)
        found.append(
            Interface(
                bond.name,
                "bond",
                nic.mtu,
                addresses=tuple(addresses),
                routes=tuple(routes),
                fixed={"mode": bond.mode},
                live=live,
            )
        )
    for network in spec.networks:
        if network.vlan is not None:
            found.append(
                Interface(
                    network.interface,
                    "vlan",
                    network.mtu,
                    parent=network.link,
                    addresses=network.addresses,
                    routes=network.routes,
                    fixed={"id": network.vlan},
                )
            )
    management = spec.management
    if management.managed and management.interface:
        found.append(
            Interface(
                management.interface,
                "ethernet",
                addresses=management.addresses,
                routes=tuple(networks.management_routes(spec)),
            )
        )
    return found


def links(system: System) -> Links:
    """All interfaces by name, as ``ip -details -json address`` gives them."""
    output = system.run("ip", "-details", "-json", "address", "show", check=False)
    if output.status:
        return {}
    try:
        return {link["ifname"]: link for link in json.loads(output.stdout or "[]") if link}
    except (ValueError, KeyError, TypeError):
        return {}


def differences(system: System, interfaces: Iterable[Interface], present: Links) -> dict[str, str]:
    """Interfaces that are not as wanted → MISSING, RECREATE or ADJUST."""
    interfaces = list(interfaces)
    there = ways.read(system) if any(i.routes for i in interfaces) else {}
    found = {i.name: _difference(i, present.get(i.name)) for i in interfaces}
    for interface in interfaces:
        if ways.missing(interface.routes, there.get(interface.name, ())):
            found[interface.name] = found[interface.name] or ADJUST
    return {name: what for name, what in found.items() if what}


def _difference(wanted: Interface, link: dict[str, Any] | None) -> str | None:
    if link is None:
        return MISSING
    info = link.get("linkinfo") or {}
    data = info.get("info_data") or {}
    if wanted.kind in ("bond", "vlan") and (
        info.get("info_kind") != wanted.kind
        or any(data.get(key) != value for key, value in wanted.fixed.items())
        or (wanted.parent and link.get("link") not in (None, wanted.parent))
    ):
        return RECREATE
    there = {(a.get("local"), a.get("prefixlen")) for a in link.get("addr_info", [])}
    if (
        (wanted.mtu and link.get("mtu") != wanted.mtu)
        or (wanted.master and link.get("master") != wanted.master)
        or "UP" not in link.get("flags", [])
        or any(data.get(key) != value for key, (_, value) in wanted.live.items())
        or not {_address(a) for a in wanted.addresses} <= there
    ):
        return ADJUST
    return None


def _address(text: str) -> tuple[str, int]:
    interface = ipaddress.ip_interface(text)
    return str(interface.ip), interface.network.prefixlen


def adjust_bonds(system: System, interfaces: Iterable[Interface], present: Links) -> list[str]:
    """Set bond parameters that managers only set on creation; returns bonds that refused."""
    refused = []
    for interface in interfaces:
        info = (present.get(interface.name) or {}).get("linkinfo") or {}
        data = info.get("info_data") or {}
        for key, (attribute, value) in interface.live.items():
            if info.get("info_kind") != "bond" or data.get(key) == value:
                continue
            try:
                path = f"/sys/class/net/{interface.name}/bonding/{attribute}"
                system.write_attribute(path, str(value))
            except OSError:
                refused.append(interface.name)
                break
    return refused


def delete(system: System, names: Iterable[str], present: Links) -> None:
    """Delete interfaces, what stands on them first. Those that are gone are fine."""
    names = [name for name in dict.fromkeys(names) if name in present]
    above = [n for n, link in present.items() if link.get("link") in names and n not in names]
    for name in [*(n for n in above if _kind(present[n]) == "vlan"), *reversed(names)]:
        _delete_rdma_links(system, name)
        system.run("ip", "link", "delete", "dev", name, check=False)


def _kind(link: dict[str, Any]) -> str | None:
    return (link.get("linkinfo") or {}).get("info_kind")


def _delete_rdma_links(system: System, netdev: str) -> None:
    # a Soft-RoCE link holds its netdev: deleting the netdev first never ends
    output = system.run("rdma", "--json", "link", "show", check=False)
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        for link in json.loads(output.stdout or "[]"):
            name = str(link.get("ifname", ""))
            if link.get("netdev") == netdev and name.startswith(("rxe", "siw")):
                system.run("rdma", "link", "delete", name, check=False)


def settle(system: System, interfaces: list[Interface], seconds: float) -> dict[str, str]:
    """Wait until all is as wanted; returns what still differs."""
    left = differences(system, interfaces, links(system))
    while left and seconds > 0:
        system.sleep(0.25)
        seconds -= 0.25
        left = differences(system, interfaces, links(system))
    return left


def ensure_running(system: System, unit: str) -> bool:
    """Start and enable *unit* unless it runs. Returns whether it had to be started."""
    if is_running(system, unit):
        return False
    system.run("systemctl", "enable", "--now", unit)
    return True


def is_running(system: System, unit: str) -> bool:
    return system.run("systemctl", "is-active", "--quiet", unit, check=False).status == 0

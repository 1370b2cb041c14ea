"""systemd-networkd: bonds, VLANs, addresses and routes as its own files."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .. import networks
from . import files, live, switch

if TYPE_CHECKING:
    from ...system import System
    from ..spec import Network, Nic, Spec

UNIT = "systemd-networkd.service"
#: Seconds that networkd gets to bring what runs to the files before it is asked again.
FIRST_WAIT, SECOND_WAIT = 4.0, 6.0


class Networkd:
    """Files in /etc/systemd/network, activated by ``networkctl``."""

    name = "networkd"
    makes_bonds = True

    def mode(self, path: str) -> int:
        """networkd reads its files as a user of its own."""
        return 0o644

    def render(self, spec: Spec) -> dict[str, str]:
        found = dict(files.bond_links(spec))
        for nic in spec.nics:
            found[_path(nic.bond.name, "netdev")] = _bond(nic)
            found[_path(nic.bond.name, "network")] = _bond_network(nic, spec.networks)
            for port in nic.ports:
                found[_path(port.name, "network")] = _port_network(port.name, nic)
        for network in spec.networks:
            if network.vlan is not None:
                found[_path(network.interface, "netdev")] = _vlan(network)
                found[_path(network.interface, "network")] = _network(network)
        if spec.management.managed and spec.management.interface:
            found[_path("management", "network")] = _management(spec)
        return found

    def owned(self, system: System) -> list[str]:
        return files.owned(system)

    def activate(self, system: System, spec: Spec, changed: Sequence[str]) -> None:
        live.ensure_running(system, UNIT)
        switch.release_others(system, self.name, spec, changed)
        apply(system, spec, changed, removed_netdevs(system, changed))


def apply(system: System, spec: Spec, changed: Sequence[str], gone: Iterable[str]) -> None:
    """Make networkd's view and the kernel's equal to the files; *gone*: interfaces to delete.

    networkd neither changes nor removes an interface whose .netdev changed, so that is
    done here, and it creates what is then missing.
    """
    interfaces = live.wanted(spec)
    present = live.links(system)
    found = live.differences(system, interfaces, present)
    recreate = [name for name, what in found.items() if what == live.RECREATE]
    recreate += live.adjust_bonds(system, interfaces, present)
    if any(path.endswith(".link") for path in changed):
        system.run("udevadm", "control", "--reload")
    live.delete(system, [*gone, *recreate], present)
    if not changed and not found:
        return
    system.run("networkctl", "reload")
    # with no new file, a reload only makes bonds that are missing
    new = changed or any(i.kind == "bond" and found.get(i.name) for i in interfaces)
    left = live.settle(system, interfaces, FIRST_WAIT if new else 0)
    if left:
        names = _to_reconfigure(interfaces, left, live.links(system))
        system.run("networkctl", "reconfigure", *names)
        live.settle(system, interfaces, SECOND_WAIT)


def reload(system: System) -> None:
    """Forget files that are gone."""
    if live.is_running(system, UNIT):
        system.run("networkctl", "reload")


def removed_netdevs(system: System, changed: Iterable[str]) -> list[str]:
    """Interfaces whose .netdev file was removed just now."""
    prefix, suffix = f"{files.NETWORKD}/{files.PREFIX}", ".netdev"
    return [
        path[len(prefix) : -len(suffix)]
        for path in changed
        if path.startswith(prefix) and path.endswith(suffix) and not system.exists(path)
    ]


def _to_reconfigure(
    interfaces: list[live.Interface], left: dict[str, str], present: live.Links
) -> list[str]:
    """A missing VLAN is made by its parent's configuration; the rest by their own."""
    parents = {i.name: i.parent for i in interfaces if i.parent}
    names = [parents.get(n, n) if left[n] == live.MISSING else n for n in left]
    return [n for n in dict.fromkeys(names) if n in present] or sorted(
        i.name for i in interfaces if i.name in present
    )


def _path(name: str, suffix: str) -> str:
    return f"{files.NETWORKD}/{files.PREFIX}{name}.{suffix}"


def _text(*sections: tuple[str, list[tuple[str, Any]]]) -> str:
    lines = [f"[{name}]\n" + "".join(f"{k}={v}\n" for k, v in pairs) for name, pairs in sections]
    return files.HEADER + "\n".join(lines)


def _bond(nic: Nic) -> str:
    bond = nic.bond
    pairs: list[tuple[str, Any]] = [
        ("Mode", bond.mode),
        ("TransmitHashPolicy", bond.transmit_hash_policy),
        ("MIIMonitorSec", f"{bond.miimon}ms"),
        ("MinLinks", bond.min_links),
    ]
    if bond.mode == "802.3ad":
        pairs.insert(2, ("LACPTransmitRate", bond.lacp_rate))
    netdev = [
        ("Name", bond.name),
        ("Kind", "bond"),
        ("MTUBytes", nic.mtu),
        # or it derives one from the machine-id, which clones share
        ("MACAddress", "none"),
    ]
    return _text(("NetDev", netdev), ("Bond", pairs))


def _port_network(name: str, nic: Nic) -> str:
    return _text(
        ("Match", [("Name", name)]),
        ("Link", [("MTUBytes", nic.mtu), ("RequiredForOnline", "no")]),
        ("Network", [("Bond", nic.bond.name), ("LinkLocalAddressing", "no")]),
    )


def _bond_network(nic: Nic, every: Sequence[Network]) -> str:
    vlans = [n.interface for n in every if n.link == nic.bond.name and n.vlan is not None]
    addresses, routes = networks.on(every, nic.bond.name)
    return _text(
        ("Match", [("Name", nic.bond.name)]),
        # with no address of its own it never gets further than "carrier"
        ("Link", [("MTUBytes", nic.mtu), ("RequiredForOnline", "carrier")]),
        ("Network", [("VLAN", v) for v in vlans] + _addressing(addresses, routes)),
        *_routes(routes),
    )


def _vlan(network: Network) -> str:
    netdev = [("Name", network.interface), ("Kind", "vlan"), ("MTUBytes", network.mtu)]
    return _text(("NetDev", netdev), ("VLAN", [("Id", network.vlan)]))


def _network(network: Network) -> str:
    return _text(
        ("Match", [("Name", network.interface)]),
        ("Link", [("MTUBytes", network.mtu)]),
        ("Network", _addressing(network.addresses, network.routes)),
        *_routes(network.routes),
    )


def _management(spec: Spec) -> str:
    management, routes = spec.management, networks.management_routes(spec)
    if management.mac_address:
        match = ("PermanentMACAddress", management.mac_address)
    elif management.pci_address:
        match = ("Path", f"pci-{management.pci_address}")
    else:
        match = ("Name", management.interface)
    return _text(
        ("Match", [match]),
        ("Network", _addressing(management.addresses, routes)),
        *_routes(routes),
    )


def _addressing(
    addresses: Iterable[str], routes: Iterable[dict[str, Any]]
) -> list[tuple[str, Any]]:
    addresses = list(addresses)
    ends = [*addresses, *(r["via"] for r in routes if r.get("via"))]
    ipv6 = any(ipaddress.ip_interface(end).version == 6 for end in ends)
    pairs: list[tuple[str, Any]] = [("Address", a) for a in addresses]
    pairs += [("LinkLocalAddressing", "ipv6" if ipv6 else "no"), ("IPv6AcceptRA", "no")]
    if addresses:
        # services may bind to the addresses before the switch answers
        pairs.append(("ConfigureWithoutCarrier", "yes"))
    return pairs


def _routes(routes: Iterable[dict[str, Any]]) -> list[tuple[str, list[tuple[str, Any]]]]:
    names = (("to", "Destination"), ("via", "Gateway"), ("metric", "Metric"), ("table", "Table"))
    return [
        ("Route", [(n, r[key]) for key, n in names if r.get(key) not in (None, "default")])
        for r in routes
    ]


MANAGER = Networkd()

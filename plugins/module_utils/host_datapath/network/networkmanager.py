"""NetworkManager: connection profiles as keyfiles, brought up by ``nmcli``."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .. import networks
from . import files, live, switch

if TYPE_CHECKING:
    from ...system import System
    from ..spec import Network, Nic, Spec

UNIT = "NetworkManager.service"
#: Profiles are known by UUIDs; these follow from their names, so that they never change.
NAMESPACE = uuid.UUID("6f0b2f6e-3a5d-4d0e-9f3b-0b7c5a1d9e42")
#: Seconds that NetworkManager gets to settle before what still differs is brought up again.
WAIT = 5.0
_ORDER = ("bond", "port", "vlan", "ethernet")

Sections = dict[str, dict[str, Any]]


class Keyfiles:
    """Keyfiles in /etc/NetworkManager/system-connections."""

    name = "networkmanager"
    makes_bonds = True

    def mode(self, path: str) -> int:
        """NetworkManager ignores profiles that others may read."""
        return 0o600 if path.endswith(".nmconnection") else 0o644

    def render(self, spec: Spec) -> dict[str, str]:
        found = dict(files.bond_links(spec))
        profiles: dict[str, Sections] = {}
        for nic in spec.nics:
            profiles[nic.bond.name] = _bond(nic, spec.networks)
            for port in nic.ports:
                profiles[port.name] = _port(port.name, nic)
        for network in spec.networks:
            if network.vlan is not None:
                profiles[network.interface] = _vlan(network)
        if spec.management.managed and spec.management.interface:
            profiles[spec.management.interface] = _management(spec)
        found.update({_path(name): _keyfile(sections) for name, sections in profiles.items()})
        ports = [f"interface-name:={p.name}" for nic in spec.nics for p in nic.ports]
        if ports:
            # no "Wired connection 1" with DHCP on a port that lost its profile
            text = _keyfile({"main": {"no-auto-default": ",".join(ports)}})
            found[files.NM_CONFIGURATION] = text
        return found

    def owned(self, system: System) -> list[str]:
        return files.owned(system)

    def activate(self, system: System, spec: Spec, changed: Sequence[str]) -> None:
        live.ensure_running(system, UNIT)
        switch.release_others(system, self.name, spec, changed)
        interfaces, present = live.wanted(spec), live.links(system)
        found = live.differences(system, interfaces, present)
        recreate = [name for name, what in found.items() if what == live.RECREATE]
        if any(path.endswith(".link") for path in changed):
            system.run("udevadm", "control", "--reload")
        live.delete(system, [*_gone(system, spec, changed, present), *recreate], present)
        if files.NM_CONFIGURATION in changed:
            system.run("nmcli", "general", "reload", "conf")
        system.run("nmcli", "connection", "reload")
        written = {name for name in map(_name, changed) if name}
        first = [i for i in interfaces if i.name in written or i.name in found]
        _up(system, first)
        left = live.settle(system, interfaces, WAIT)
        if left:
            refused = live.adjust_bonds(system, interfaces, live.links(system))
            _up(system, [i for i in interfaces if i.name in left or i.name in refused])
            live.settle(system, interfaces, WAIT)


def reload(system: System) -> None:
    """Forget files that are gone; what ran by them goes down."""
    if live.is_running(system, UNIT):
        system.run("nmcli", "connection", "reload")


def _up(system: System, interfaces: Iterable[live.Interface]) -> None:
    """Bring profiles up, controllers first. Without waiting: a bond waits for its switch."""
    for interface in sorted(interfaces, key=lambda i: _ORDER.index(i.kind)):
        argv = ("nmcli", "--wait", "0", "connection", "up", "uuid", _uuid(interface.name))
        system.run(*argv, check=interface.kind != "port")


def _gone(system: System, spec: Spec, changed: Iterable[str], present: live.Links) -> list[str]:
    names = [name for path in changed if (name := _name(path)) and not system.exists(path)]
    kept = {i.name for i in live.wanted(spec)}
    made = ("bond", "vlan")
    return [
        n
        for n in names
        if n not in kept and ((present.get(n) or {}).get("linkinfo") or {}).get("info_kind") in made
    ]


def _name(path: str) -> str | None:
    prefix, suffix = f"{files.CONNECTIONS}/slipway-", ".nmconnection"
    if path.startswith(prefix) and path.endswith(suffix):
        return path[len(prefix) : -len(suffix)]
    return None


def _path(name: str) -> str:
    return f"{files.CONNECTIONS}/slipway-{name}.nmconnection"


def _uuid(name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, name))


def _connection(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"slipway-{name}",
        "uuid": _uuid(name),
        "type": kind,
        "interface-name": name,
        # wins over a profile that an installer left for the same interface
        "autoconnect-priority": 100,
        **more,
    }


def _bond(nic: Nic, every: Sequence[Network]) -> Sections:
    bond = nic.bond
    options: dict[str, Any] = {
        "mode": bond.mode,
        "miimon": bond.miimon,
        "min_links": bond.min_links,
        "xmit_hash_policy": bond.transmit_hash_policy,
    }
    if bond.mode == "802.3ad":
        options["lacp_rate"] = bond.lacp_rate
    return {
        "connection": _connection(bond.name, "bond", **{"autoconnect-slaves": 1}),
        "bond": options,
        "ethernet": {"mtu": nic.mtu},
        **_addressing(*networks.on(every, bond.name)),
    }


def _port(name: str, nic: Nic) -> Sections:
    more = {"master": nic.bond.name, "slave-type": "bond"}
    return {
        "connection": _connection(name, "ethernet", **more),
        "ethernet": {"mtu": nic.mtu},
    }


def _vlan(network: Network) -> Sections:
    return {
        "connection": _connection(network.interface, "vlan"),
        "vlan": {"id": network.vlan, "parent": network.link, "flags": 1},
        "ethernet": {"mtu": network.mtu},
        **_addressing(network.addresses, network.routes),
    }


def _management(spec: Spec) -> Sections:
    management = spec.management
    name = str(management.interface)
    return {
        "connection": _connection(name, "ethernet"),
        **({"ethernet": {"mac-address": management.mac_address}} if management.mac_address else {}),
        **_addressing(management.addresses, networks.management_routes(spec)),
    }


def _addressing(addresses: Iterable[str], routes: Iterable[dict[str, Any]]) -> Sections:
    found: Sections = {}
    for version, family in ((4, "ipv4"), (6, "ipv6")):
        own = [a for a in addresses if ipaddress.ip_interface(a).version == version]
        ways = [r for r in routes if ipaddress.ip_address(r["via"]).version == version]
        section: dict[str, Any] = {"method": "manual" if own else "disabled"}
        section.update({f"address{n}": a for n, a in enumerate(own, 1)})
        if own and not any(_is_default(r) for r in ways):
            section["never-default"] = "true"
        for n, route in enumerate(ways, 1):
            to = ("0.0.0.0/0" if version == 4 else "::/0") if _is_default(route) else route["to"]
            parts = [to, route["via"], *([route["metric"]] if route.get("metric") else [])]
            section[f"route{n}"] = ",".join(str(part) for part in parts)
            if route.get("table"):
                section[f"route{n}_options"] = f"table={route['table']}"
        found[family] = section
    return found


def _is_default(route: dict[str, Any]) -> bool:
    return route.get("to") in (None, "default", "0.0.0.0/0", "::/0")


def _keyfile(sections: Sections) -> str:
    lines = [
        f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in pairs.items())
        for name, pairs in sections.items()
    ]
    return files.HEADER + "\n".join(lines)


MANAGER = Keyfiles()

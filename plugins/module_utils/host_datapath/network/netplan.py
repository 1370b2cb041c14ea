"""netplan with networkd below: one YAML file, and drop-ins for what netplan cannot say."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import networks
from . import files, live, networkd, switch

if TYPE_CHECKING:
    from ...system import System
    from ..spec import Spec


class Netplan:
    """/etc/netplan/70-slipway.yaml; ``netplan generate``, then networkd as with its own files.

    Not ``netplan apply``: it restarts or reconfigures every interface of the host,
    management included, where ``networkctl reload`` touches what changed.
    """

    name = "netplan"
    makes_bonds = True

    def mode(self, path: str) -> int:
        """netplan's files may hold secrets: it warns of others than 600. networkd's are 644."""
        return 0o600 if path == files.NETPLAN else 0o644

    def render(self, spec: Spec) -> dict[str, str]:
        found = dict(files.bond_links(spec))
        for nic in spec.nics:
            path = files.NETPLAN_DROPIN.format(name=nic.bond.name)
            found[path] = f"{files.HEADER}[NetDev]\nMACAddress=none\n"
        found[files.NETPLAN] = files.HEADER + "\n".join(_yaml({"network": document(spec)})) + "\n"
        return found

    def owned(self, system: System) -> list[str]:
        return files.owned(system)

    def activate(self, system: System, spec: Spec, changed: Sequence[str]) -> None:
        live.ensure_running(system, networkd.UNIT)
        before = _netdevs(system)
        system.run("netplan", "generate")
        gone = [name for name in before if name not in _netdevs(system)]
        switch.release_others(system, self.name, spec, changed)
        gone += networkd.removed_netdevs(system, changed)
        keep = {i.name for i in live.wanted(spec)}
        networkd.apply(system, spec, changed, [name for name in gone if name not in keep])


def reload(system: System) -> None:
    """Forget files that are gone."""
    system.run("netplan", "generate", check=False)
    networkd.reload(system)


def document(spec: Spec) -> dict[str, Any]:
    """netplan's ``network`` mapping."""
    ethernets: dict[str, Any] = {}
    bonds: dict[str, Any] = {}
    vlans: dict[str, Any] = {}
    for nic in spec.nics:
        bond = nic.bond
        addresses, routes = networks.on(spec.networks, bond.name)
        parameters: dict[str, Any] = {
            "mode": bond.mode,
            "transmit-hash-policy": bond.transmit_hash_policy,
            "mii-monitor-interval": bond.miimon,
            "min-links": bond.min_links,
        }
        if bond.mode == "802.3ad":
            parameters["lacp-rate"] = bond.lacp_rate
        for port in nic.ports:
            ethernets[port.name] = {"mtu": nic.mtu, "optional": True, **_addressing([], [])}
        bonds[bond.name] = {
            "interfaces": [port.name for port in nic.ports],
            "mtu": nic.mtu,
            # else boot waits two minutes for an address that it never gets
            **({} if addresses else {"optional": True}),
            "parameters": parameters,
            **_addressing(addresses, routes),
        }
    for network in spec.networks:
        if network.vlan is not None:
            vlans[network.interface] = {
                "id": network.vlan,
                "link": network.link,
                "mtu": network.mtu,
                **_addressing(network.addresses, network.routes),
            }
    management = spec.management
    if management.managed and management.interface:
        routes = networks.management_routes(spec)
        match = {"macaddress": management.mac_address}
        named = {"match": match, "set-name": management.interface}
        ethernets[management.interface] = {
            **(named if management.mac_address else {}),
            **_addressing(management.addresses, routes),
        }
    found: dict[str, Any] = {"version": 2, "renderer": "networkd"}
    sections = (("ethernets", ethernets), ("bonds", bonds), ("vlans", vlans))
    return {**found, **{key: value for key, value in sections if value}}


def _addressing(addresses: Sequence[str], routes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    ends = [*addresses, *(r["via"] for r in routes if r.get("via"))]
    ipv6 = any(ipaddress.ip_interface(end).version == 6 for end in ends)
    found: dict[str, Any] = {
        "dhcp4": False,
        "dhcp6": False,
        "accept-ra": False,
        "link-local": ["ipv6"] if ipv6 else [],
    }
    if addresses:
        found.update({"addresses": list(addresses), "ignore-carrier": True})
    if routes:
        found["routes"] = [dict(route) for route in routes]
    return found


def _netdevs(system: System) -> list[str]:
    """Interfaces that netplan's output makes."""
    paths = system.glob("/run/systemd/network/10-netplan-*.netdev")
    return [path.rpartition("10-netplan-")[2][: -len(".netdev")] for path in paths]


def _yaml(value: Mapping[str, Any], indent: int = 0) -> Iterable[str]:
    """Plain YAML lines; text that YAML could take for something else is quoted."""
    pad = "  " * indent
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield f"{pad}{key}:"
            yield from _yaml(item, indent + 1)
        elif isinstance(item, list) and item and isinstance(item[0], Mapping):
            yield f"{pad}{key}:"
            for entry in item:
                pairs = ", ".join(f"{k}: {_scalar(v)}" for k, v in entry.items())
                yield f"{pad}  - {{{pairs}}}"
        elif isinstance(item, list):
            yield f"{pad}{key}: [{', '.join(_scalar(i) for i in item)}]"
        else:
            yield f"{pad}{key}: {_scalar(item)}"


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    plain = text.replace("-", "").replace("_", "").isalnum() and text[0].isalpha()
    words = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")
    return text if plain and text.lower() not in words else f'"{text}"'


MANAGER = Netplan()

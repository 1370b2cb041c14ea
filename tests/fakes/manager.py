"""A network manager for a fake host: one file, made effective at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fakes.commands import FakeHost
from fakes.model import Bond, Netdev

FOLDER = "/etc/fake-network"
OPTIONS = {
    "mode": "mode",
    "xmit_hash_policy": "transmit_hash_policy",
    "lacp_rate": "lacp_rate",
    "miimon": "miimon",
    "min_links": "min_links",
}


class FakeManager:
    """Renders bonds and VLANs, and enslaves ports."""

    name = "fake"
    makes_bonds = True

    def render(self, spec: Any) -> dict[str, str]:
        if not spec.nics:
            return {}
        networks = [n.name for n in spec.networks]
        text = json.dumps([nic.bond.name for nic in spec.nics] + networks) + str(spec.networks)
        return {f"{FOLDER}/slipway.json": text + "\n"}

    def mode(self, path: str) -> int:
        return 0o644

    def owned(self, system: FakeHost) -> list[str]:
        return system.glob(f"{FOLDER}/*")

    def activate(self, system: FakeHost, spec: Any, changed: Sequence[str]) -> None:
        system.before_change("activate")
        system.ran.append("activate")
        for nic in spec.nics:
            self._bond(system, nic)
        for network in spec.networks:
            self._network(system, network)
        if spec.management.managed:
            netdev = system.netdevs[spec.management.interface]
            netdev.addresses = sorted({*netdev.addresses, *spec.management.addresses})
            netdev.routes = [{"dst": "default", "gateway": spec.management.gateway}]
        system.member_changed()
        system.changed()

    def _bond(self, system: FakeHost, nic: Any) -> None:
        name = nic.bond.name
        options = {k: str(getattr(nic.bond, v)) for k, v in OPTIONS.items()}
        if name not in system.netdevs:
            system.netdevs[name] = Netdev(name, "52:54:00:00:00:b0", "bond")
        system.bonds[name] = Bond(options)
        system.netdevs[name].mtu, system.netdevs[name].up = nic.mtu, True
        for port in nic.ports:
            netdev = system.netdevs[port.name]
            netdev.master, netdev.mtu, netdev.up = name, nic.mtu, True
            system.member_changed()

    def _network(self, system: FakeHost, network: Any) -> None:
        if network.vlan is not None and network.interface not in system.netdevs:
            system.netdevs[network.interface] = Netdev(
                network.interface, "52:54:00:00:00:b0", "vlan", lower=network.link
            )
        if network.interface not in system.netdevs:
            raise RuntimeError(f"{network.interface} does not exist")
        netdev = system.netdevs[network.interface]
        netdev.vlan, netdev.mtu, netdev.up = network.vlan, network.mtu, True
        netdev.addresses = sorted({*netdev.addresses, *network.addresses})
        netdev.routes = [{"dst": r["to"], "gateway": r["via"]} for r in network.routes]

"""Routers: their external network, and the networks that they join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..cloud.api import Thing
from ..cloud.neutron import NeutronKind, counted
from .networks import Networks

#: Owners of the ports by which a router is on a network, of all its kinds (distributed, HA).
INTERFACES = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)


class Routers(NeutronKind):
    """Interfaces on networks that the kit did not make are their owners' and stay."""

    name, path, one = "router", "/routers", "router"
    fixed = ("project",)

    def __init__(self, networks: Networks) -> None:
        super().__init__(networks.cloud, networks.mark, networks.projects)
        self.networks = networks
        self.interfaces: list[Thing] = []
        self.wants: Mapping[str, Thing] = {}
        self.doomed: set[str] = set()
        networks.leaves = self.leaves

    def going(self, thing: Thing) -> None:
        self.doomed.add(thing["id"])

    def leaves(self, port: Thing) -> bool:
        """Whether a port of a router goes in this run."""
        if port.get("device_id") in self.doomed:
            return True
        want = self.wants.get(self.names.get(port.get("device_id", ""), ""))
        network = self.networks.names.get(port["network_id"])
        if want and port["device_owner"] in INTERFACES:
            return network not in want["networks"]
        gateway = port["device_owner"] == "network:router_gateway"
        return bool(want and gateway and network != want["external_network"])

    def wanted(self, name: str, want: Thing) -> Thing:
        return {
            "external_network": want.get("external_network"),
            "networks": sorted(want.get("networks") or ()),
            "project": want.get("project"),
            "admin_state_up": True,
        }

    def shown(self, thing: Thing, wanted: Mapping[str, Any]) -> Thing:
        gateway = (thing.get("external_gateway_info") or {}).get("network_id")
        names = self.networks.names
        on = {port["network_id"] for port in self.interfaces if port["device_id"] == thing["id"]}
        return {
            "external_network": names.get(gateway, gateway),
            "networks": sorted(names[network] for network in on if network in names),
            "project": self.owner(thing),
            "admin_state_up": thing.get("admin_state_up"),
        }

    def users(self, thing: Thing) -> str:
        query = {"router_id": thing["id"]}
        floating = self.cloud.list("network", "/floatingips", "floatingips", query)
        if floating:
            return f"{len(floating)} floating IPs, the first {floating[0]['floating_ip_address']}"
        for port in [p for p in self.interfaces if p["device_id"] == thing["id"]]:
            name = self.networks.names.get(port["network_id"])
            if name is None:
                return f"it joins network {port['network_id']}, which is not the kit's"
            others = self.ports(network_id=port["network_id"])
            if servers := [p for p in others if p["device_owner"].startswith("compute:")]:
                return f"network {name}: {counted(servers)}"
        return ""

    def create(self, name: str, want: Thing) -> None:
        wanted = self.wanted(name, want)
        made = self.post({"name": name, **self._gateway(wanted), **self.own_project(want)})
        for network in wanted["networks"]:
            self._join(made, network)

    def _gateway(self, wanted: Thing) -> Thing:
        name = wanted["external_network"]
        info = {"network_id": self.networks.ids[name]} if name else None
        return {"external_gateway_info": info, "admin_state_up": True}

    def change(self, name: str, want: Thing, thing: Thing, keys: Sequence[str]) -> None:
        wanted = self.wanted(name, want)
        if {"external_network", "admin_state_up"} & set(keys):
            self.put(thing, self._gateway(wanted))
        now = self.shown(thing, wanted)["networks"]
        for network in [n for n in now if n not in wanted["networks"]]:
            self._leave(thing, network)
        for network in [n for n in wanted["networks"] if n not in now]:
            self._join(thing, network)

    def remove(self, thing: Thing) -> None:
        for network in self.shown(thing, {})["networks"]:
            self._leave(thing, network)
        super().remove(thing)

    def _join(self, router: Thing, network: str) -> None:
        # the kit's own subnet; a network may have others
        query = {"network_id": self.networks.ids[network], "tags": self.mark.tag}
        subnets = self.cloud.list("network", "/subnets", "subnets", query)
        if not subnets:
            raise RuntimeError(f"network {network} has no subnet that a router could join")
        subnet = subnets[0]["id"]
        self.cloud.change(
            "network", "PUT", f"/routers/{router['id']}/add_router_interface",
            {"subnet_id": subnet}, settled=lambda: self._on(router, network) or None,
        )  # fmt: skip

    def _leave(self, router: Thing, network: str) -> None:
        for port in self._on(router, network):
            self.cloud.change(
                "network", "PUT", f"/routers/{router['id']}/remove_router_interface",
                {"port_id": port["id"]},
                settled=lambda: not self._on(router, network) or None,
            )  # fmt: skip

    def _on(self, router: Thing, network: str) -> list[Thing]:
        query = {"device_id": router["id"], "network_id": self.networks.ids[network]}
        found = self.cloud.list("network", "/ports", "ports", query)
        return [port for port in found if port["device_owner"] in INTERFACES]

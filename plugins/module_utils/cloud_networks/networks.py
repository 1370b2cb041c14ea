"""Networks, and the subnet that each has."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..cloud.api import Thing
from ..cloud.neutron import NeutronKind, counted

_PROVIDER = ("provider_network_type", "provider_physical_network", "provider_segmentation_id")
#: What the model calls otherwise than the API.
_FIELDS = {name: name.replace("provider_", "provider:") for name in _PROVIDER} | {
    "external": "router:external"
}
_ATTRIBUTES = ("mtu", "external", "shared", "port_security_enabled")


class Networks(NeutronKind):
    """Provider networks; ``ids``: of the kit's, by name."""

    name, path, one = "network", "/networks", "network"
    fixed = (*_PROVIDER, "project")
    #: The routers', set by the subject: a port of theirs that goes does not hold a network.
    leaves: Callable[[Thing], bool] = staticmethod(lambda port: False)

    def leaving(self, port: Thing) -> bool:
        return self.leaves(port)

    def wanted(self, name: str, want: Thing) -> Thing:
        own = {key: want[key] for key in (*_PROVIDER, *_ATTRIBUTES)}
        return {**own, "project": want.get("project"), "admin_state_up": True}

    def shown(self, thing: Thing, wanted: Mapping[str, Any]) -> Thing:
        found = {key: thing.get(_FIELDS.get(key, key)) for key in wanted}
        return {**found, "project": self.owner(thing)}

    def planned(self, name: str, want: Thing) -> Thing:
        return {k: v for k, v in self.wanted(name, want).items() if v is not None}

    def users(self, thing: Thing) -> str:
        foreign = [s for s in self.cloud.list("network", "/subnets", "subnets",
                   {"network_id": thing["id"]}) if not self.marked(s)]  # fmt: skip
        if foreign:
            return f"subnet {foreign[0]['id']} on it is not the kit's"
        return counted(self.ports(network_id=thing["id"]))

    def create(self, name: str, want: Thing) -> None:
        values = {
            _FIELDS.get(k, k): v for k, v in self.wanted(name, want).items()
            if v is not None and k != "project"
        }  # fmt: skip
        made = self.post({"name": name, **values, **self.own_project(want)})
        self.ids[name], self.names[made["id"]] = made["id"], name

    def change(self, name: str, want: Thing, thing: Thing, keys: Sequence[str]) -> None:
        wanted = self.wanted(name, want)
        self.put(thing, {_FIELDS.get(key, key): wanted[key] for key in keys})


class Subnets(NeutronKind):
    """The kit's subnet of each network; it has the network's name."""

    name, path, one = "subnet", "/subnets", "subnet"
    fixed = ("cidr",)

    def __init__(self, networks: Networks) -> None:
        super().__init__(networks.cloud, networks.mark, networks.projects)
        self.networks = networks

    def called(self, thing: Thing) -> str:
        # of another network it is nobody's here
        return self.networks.names.get(thing["network_id"], thing["id"])

    def near(self, want: Thing, thing: Thing) -> bool:
        return True

    def leaving(self, port: Thing) -> bool:
        return self.networks.leaving(port)

    def wanted(self, name: str, want: Thing) -> Thing:
        keys = ("cidr", "gateway_ip", "enable_dhcp", "dns_nameservers")
        own = {key: want[key] for key in keys}
        # without any Neutron makes pools of all that is free
        return {**own, "allocation_pools": want["allocation_pools"]} if want[
            "allocation_pools"] else own  # fmt: skip

    def shown(self, thing: Thing, wanted: Mapping[str, Any]) -> Thing:
        found = super().shown(thing, wanted)
        if "allocation_pools" in found:
            pools = found["allocation_pools"] or []
            found["allocation_pools"] = sorted(pools, key=lambda pool: pool["start"])
        return found

    def users(self, thing: Thing) -> str:
        return counted(self.ports(fixed_ips=f"subnet_id={thing['id']}"))

    def create(self, name: str, want: Thing) -> None:
        version = ipaddress.ip_network(want["cidr"]).version
        self.post(
            {"name": name, "network_id": self.networks.ids[name], "ip_version": version,
             **self.wanted(name, want)}
        )  # fmt: skip

    def change(self, name: str, want: Thing, thing: Thing, keys: Sequence[str]) -> None:
        wanted = self.wanted(name, want)
        self.put(thing, {key: wanted[key] for key in keys})

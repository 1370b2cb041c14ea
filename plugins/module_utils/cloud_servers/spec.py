"""Sets of equal servers, checked; errors name the key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError

__all__ = ["PortSpec", "ServerSpec", "ServersSpec", "SetSpec", "SpecError"]

POLICIES = ("anti-affinity", "soft-anti-affinity", "affinity", "soft-affinity")


@dataclass(frozen=True)
class PortSpec:
    """A port. interface: its name in the guest, "" as the image has it.

    switchdev      the VF has a representor, so that Open vSwitch carries it.
    port_security  None: as the network has it.
    allowed        subnets of others behind it, with the port's MAC address.
    prefix         of its address, where Neutron gives none by DHCP; 0: it does.
    gateway, dns   what DHCP would say, then.
    """

    network: str
    direct: bool
    switchdev: bool
    port_security: bool | None
    allowed: tuple[str, ...]
    interface: str
    mtu: int
    prefix: int = 0
    gateway: str = ""
    dns: tuple[str, ...] = ()


@dataclass(frozen=True)
class SetSpec:
    """Equal servers. volume: GiB of a boot volume, 0 without. timeout: seconds for one."""

    name: str
    project: str
    flavor: str
    image: str
    count: int
    ports: tuple[PortSpec, ...]
    policy: str
    security_groups: tuple[str, ...]
    keys: tuple[str, ...]
    volume: int
    volume_type: str
    timeout: int

    @property
    def group(self) -> str:
        """The server group's name; a policy cannot be changed, so that it is part of it."""
        return f"{self.name}-{self.policy}" if self.policy else ""

    def servers(self) -> Iterator[ServerSpec]:
        """Each by itself."""
        for number in range(1, self.count + 1):
            yield ServerSpec(f"{self.name}-{number}", number, self)


@dataclass(frozen=True)
class ServerSpec:
    """One server of a set; number from 1."""

    name: str
    number: int
    set: SetSpec

    def port_name(self, place: int) -> str:
        """The name of its *place*-th port, from 0."""
        return f"{self.name}-{place}-{self.set.ports[place].network}"


@dataclass(frozen=True)
class ServersSpec:
    """All sets of the site."""

    sets: tuple[SetSpec, ...]

    @classmethod
    def parse(cls, data: Any) -> ServersSpec:
        """From ``[{name, project, flavor, image, count, ports, …}]``. Raises SpecError."""
        sets = tuple(_set(each) for each in Reader({"sets": data}, "").objects("sets"))
        names = [each.name for each in sets]
        for name in names:
            if names.count(name) > 1:
                raise SpecError(f"sets: {name} is named twice")
        return cls(sets)

    def servers(self) -> dict[str, ServerSpec]:
        """All servers by name; names are unique in the site, as they are hosts of its inventory."""
        return {server.name: server for each in self.sets for server in each.servers()}


def _set(r: Reader) -> SetSpec:
    volume = r.object("volume")
    size, kind = 0, ""
    if volume:
        size, kind = volume.number("size", None, 1, 1 << 20), volume.text("type", "")
        volume.end()
    found = SetSpec(
        r.word("name"), r.text("project"), r.text("flavor"), r.text("image"),
        r.number("count", None, 0, 10000), tuple(_port(each) for each in r.objects("ports")),
        r.text("policy", "", ("", *POLICIES)), r.texts("security_groups"), r.texts("keys"),
        size, kind, r.number("timeout", 900, 1, 86400),
    )  # fmt: skip
    r.end()
    if not found.ports:
        raise SpecError(f"sets: {found.name} has no port")
    return found


def _port(r: Reader) -> PortSpec:
    security = r.flag("port_security", True) if r.value.get("port_security") is not None else None
    r.ignore("port_security")
    found = PortSpec(
        r.text("network"), r.flag("direct", False), r.flag("switchdev", False), security,
        r.texts("allowed"), r.interface("interface", optional=True),
        r.number("mtu", 1500, 576, 9216), r.number("prefix", 0, 0, 128), r.text("gateway", ""),
        r.texts("dns"),
    )  # fmt: skip
    r.end()
    return found

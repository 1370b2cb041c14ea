"""The desired state of a host's datapath, as docs/design/overview.md lays it down.

``Spec.from_dict`` checks shape and types and names the key that is wrong;
whether the host can be brought there is decided by ``plan.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .reading import NAME_LENGTH, Reader, SpecError

DRIVERS = ("mlx5_core", "igb", "netdevsim")
NETWORK_MANAGERS = ("networkd", "netplan", "networkmanager")
PCI_ADDRESS = re.compile(r"^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$")


@dataclass(frozen=True)
class Port:
    """One physical function. PCI NICs have ``pci_address``; netdevsim ``device`` and ``port``."""

    name: str
    pci_address: str | None = None
    device: str | None = None
    port: int | None = None


@dataclass(frozen=True)
class Bond:
    """The bond over both ports. ``miimon`` in milliseconds."""

    name: str
    mode: str = "802.3ad"
    transmit_hash_policy: str = "layer3+4"
    lacp_rate: str = "fast"
    miimon: int = 100
    min_links: int = 1


@dataclass(frozen=True)
class Nic:
    """One NIC with two ports. ``vfs`` is for each port (netdevsim: for each device)."""

    name: str
    driver: str
    ports: tuple[Port, ...]
    bond: Bond
    mtu: int = 1500
    vfs: int = 0
    vf_driver: str = ""
    eswitch_mode: str = "legacy"
    representor_pattern: str = "{port}_{vf}"
    lag_port_select_mode: str | None = None
    flow_steering_mode: str | None = None
    hw_tc_offload: bool = False
    firmware: dict[str, str] = field(default_factory=dict)

    @property
    def switchdev(self) -> bool:
        return self.eswitch_mode == "switchdev"

    def representor(self, port: Port, vf: int) -> str:
        """The representor's interface name for VF number *vf* of *port*."""
        return self.representor_pattern.format(port=port.name, vf=vf)

    def vf_netdev(self, port: Port, vf: int) -> str:
        """The VF's own interface name while the host's driver has it."""
        return f"{port.name}v{vf}"


@dataclass(frozen=True)
class Network:
    """The host's own addresses on a fabric. ``vlan`` None: untagged, on the link itself."""

    name: str
    link: str
    interface: str
    vlan: int | None = None
    mtu: int = 1500
    addresses: tuple[str, ...] = ()
    routes: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Management:
    """The interface that the controller reaches the host by; never touched unless ``managed``."""

    interface: str | None = None
    mac_address: str | None = None
    pci_address: str | None = None
    addresses: tuple[str, ...] = ()
    gateway: str | None = None
    managed: bool = False


@dataclass(frozen=True)
class Bridge:
    """An Open vSwitch bridge. ``representors``: "none" or "all", of NICs whose bond is a port."""

    name: str
    ports: tuple[str, ...] = ()
    representors: str = "none"
    mtu: int | None = None


@dataclass(frozen=True)
class OpenVSwitch:
    """Open vSwitch on the host, or in Kolla's container. ``max_idle`` in milliseconds."""

    runtime: str = "host"
    hw_offload: bool = False
    tc_policy: str = "none"
    max_idle: int = 10000
    bridges: tuple[Bridge, ...] = ()


@dataclass(frozen=True)
class Spec:
    """The desired datapath of one host. ``confirm_timeout`` in seconds."""

    host: str
    network_manager: str = "networkd"
    nics: tuple[Nic, ...] = ()
    networks: tuple[Network, ...] = ()
    management: Management = field(default_factory=Management)
    openvswitch: OpenVSwitch | None = None
    gate_units: tuple[str, ...] = ()
    confirm_timeout: int = 60

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Spec:
        """Read plain data (JSON, a module's argument). Raises SpecError naming the key."""
        reader = Reader(value, "")
        spec = cls(
            host=reader.text("host"),
            network_manager=reader.text("network_manager", "networkd", NETWORK_MANAGERS),
            nics=tuple(_nic(r) for r in reader.objects("nics")),
            networks=tuple(_network(r) for r in reader.objects("networks")),
            management=_management(reader.object("management") or Reader({}, "management")),
            openvswitch=_openvswitch(reader.object("openvswitch")),
            gate_units=reader.texts("gate_units"),
            confirm_timeout=reader.number("confirm_timeout", 60, 1, 3600),
        )
        reader.end()
        _distinct_names(spec)
        return spec

    def to_dict(self) -> dict[str, Any]:
        """Plain data that ``from_dict`` reads back; tuples become lists."""
        return _lists(asdict(self))

    def bond_of(self, name: str) -> Nic | None:
        """The NIC whose bond is called *name*."""
        return next((nic for nic in self.nics if nic.bond.name == name), None)


def _nic(r: Reader) -> Nic:
    driver = r.text("driver", None, DRIVERS)
    ports = tuple(_port(p, driver) for p in r.objects("ports"))
    if len(ports) != 2:
        raise SpecError(f"{r.where}.ports: exactly the two ports of one NIC, got {len(ports)}")
    bond = r.object("bond")
    if bond is None:
        raise SpecError(f"{r.where}.bond: missing")
    nic = Nic(
        name=r.text("name"),
        driver=driver,
        ports=ports,
        bond=_bond(bond),
        mtu=r.number("mtu", 1500, 68, 65535),
        vfs=r.number("vfs", 0, 0, 1024),
        vf_driver=r.text("vf_driver", ""),
        eswitch_mode=r.text("eswitch_mode", "legacy", ("legacy", "switchdev")),
        representor_pattern=r.text("representor_pattern", "{port}_{vf}"),
        lag_port_select_mode=r.optional("lag_port_select_mode", ("hash", "queue_affinity")),
        flow_steering_mode=r.optional("flow_steering_mode", ("smfs", "dmfs", "hmfs")),
        hw_tc_offload=r.flag("hw_tc_offload", False),
        firmware=r.settings("firmware"),
    )
    r.end()
    try:
        longest = nic.representor(ports[0], max(nic.vfs - 1, 0))
    except (KeyError, IndexError, ValueError) as error:
        raise SpecError(
            f"{r.where}.representor_pattern: knows {{port}} and {{vf}}: {error}"
        ) from None
    for what, name in (
        ("representor_pattern", longest),
        ("ports", nic.vf_netdev(ports[0], max(nic.vfs - 1, 0))),
    ):
        if nic.vfs and len(name) > NAME_LENGTH:
            raise SpecError(
                f"{r.where}.{what}: interface name {name} has more than {NAME_LENGTH} letters"
            )
    if nic.vfs > 1 and nic.representor(ports[0], 0) == nic.representor(ports[0], 1):
        raise SpecError(f"{r.where}.representor_pattern: gives every VF the same name")
    if nic.vfs and nic.representor(ports[0], 0) == nic.representor(ports[1], 0):
        raise SpecError(f"{r.where}.representor_pattern: gives both ports the same name")
    return nic


def _port(r: Reader, driver: str) -> Port:
    name = r.interface("name")
    if driver == "netdevsim":
        port = Port(name, device=r.text("device"), port=r.number("port", None, 0, 255))
        r.ignore("pci_address")
    else:
        address = r.text("pci_address")
        if not PCI_ADDRESS.match(address):
            raise SpecError(f"{r.where}.pci_address: {address!r} is not like 0000:3b:00.0")
        port = Port(name, pci_address=address)
        r.ignore("device", "port")
    r.end()
    return port


def _bond(r: Reader) -> Bond:
    bond = Bond(
        name=r.interface("name"),
        mode=r.text("mode", "802.3ad"),
        transmit_hash_policy=r.text("transmit_hash_policy", "layer3+4"),
        lacp_rate=r.text("lacp_rate", "fast", ("slow", "fast")),
        miimon=r.number("miimon", 100, 1, 10000),
        min_links=r.number("min_links", 1, 0, 2),
    )
    r.end()
    return bond


def _network(r: Reader) -> Network:
    vlan = r.number("vlan", 0, 0, 4094)
    network = Network(
        name=r.text("name"),
        link=r.interface("link"),
        interface=r.interface("interface"),
        vlan=vlan or None,
        mtu=r.number("mtu", 1500, 68, 65535),
        addresses=r.addresses("addresses"),
        routes=tuple(dict(route.value) for route in r.objects("routes")),
    )
    r.end()
    if network.vlan is None and network.interface != network.link:
        raise SpecError(f"{r.where}.interface: without a VLAN it is the link, {network.link}")
    return network


def _management(r: Reader) -> Management:
    management = Management(
        interface=r.optional("interface"),
        mac_address=r.optional("mac_address"),
        pci_address=r.optional("pci_address"),
        addresses=r.addresses("addresses"),
        gateway=r.optional("gateway"),
        managed=r.flag("managed", False),
    )
    r.end()
    return management


def _openvswitch(r: Reader | None) -> OpenVSwitch | None:
    if r is None:
        return None
    openvswitch = OpenVSwitch(
        runtime=r.text("runtime", "host", ("host", "kolla")),
        hw_offload=r.flag("hw_offload", False),
        tc_policy=r.text("tc_policy", "none", ("none", "skip_sw", "skip_hw")),
        max_idle=r.number("max_idle", 10000, 500, 3600000),
        bridges=tuple(_bridge(b) for b in r.objects("bridges")),
    )
    r.end()
    return openvswitch


def _bridge(r: Reader) -> Bridge:
    bridge = Bridge(
        name=r.interface("name"),
        ports=r.texts("ports"),
        representors=r.text("representors", "none", ("none", "all")),
        mtu=r.number("mtu", 0, 0, 65535) or None,
    )
    r.end()
    return bridge


def _distinct_names(spec: Spec) -> None:
    seen: dict[str, str] = {}
    for n, nic in enumerate(spec.nics):
        named = [(f"nics[{n}].ports[{p}].name", port.name) for p, port in enumerate(nic.ports)]
        for where, name in [*named, (f"nics[{n}].bond.name", nic.bond.name)]:
            if name in seen:
                raise SpecError(f"{where}: {name} is already {seen[name]}")
            seen[name] = where


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _lists(v) for k, v in value.items()}
    return [_lists(v) for v in value] if isinstance(value, (list, tuple)) else value

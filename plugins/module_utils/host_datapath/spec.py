"""The desired state of a host's datapath, as docs/design/overview.md lays it down.

``Spec.from_dict`` checks shape and types and names the key that is wrong;
whether the host can be brought there is decided by ``plan.py``.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .parts import Bond, Bridge, Management, Network, Nic, OpenVSwitch, Port
from .reading import INTERFACE, NAME_LENGTH, Reader, SpecError

__all__ = [
    "Bond",
    "Bridge",
    "Management",
    "Network",
    "Nic",
    "OpenVSwitch",
    "Port",
    "Spec",
    "SpecError",
]

DRIVERS = ("mlx5_core", "igb", "netdevsim")
NETWORK_MANAGERS = ("networkd", "netplan", "networkmanager", "kayobe")
#: What the kernel has; rules.py tells which of them go with a NIC.
BOND_MODES = (
    *("802.3ad", "balance-xor", "active-backup", "balance-rr"),
    *("balance-tlb", "balance-alb", "broadcast"),
)
HASH_POLICIES = ("layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4", "vlan+srcmac")
#: Those that read layer 4: a NIC's LAG follows them in hash mode only.
LAYER_4 = ("layer3+4", "encap3+4")


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
            host=reader.word("host"),
            network_manager=reader.text("network_manager", "networkd", NETWORK_MANAGERS),
            nics=tuple(_nic(r) for r in reader.objects("nics")),
            networks=tuple(_network(r) for r in reader.objects("networks")),
            management=_management(reader.object("management") or Reader({}, "management")),
            openvswitch=_openvswitch(reader.object("openvswitch")),
            gate_units=reader.units("gate_units"),
            confirm_timeout=reader.number("confirm_timeout", 60, 1, 3600),
        )
        reader.end()
        _distinct_names(spec)
        _references(spec)
        return spec

    def to_dict(self) -> dict[str, Any]:
        """Plain data that ``from_dict`` reads back; tuples become lists."""
        return _lists(asdict(self))


def _nic(r: Reader) -> Nic:
    driver = r.text("driver", None, DRIVERS)
    ports = tuple(_port(p, driver) for p in r.objects("ports"))
    if len(ports) != 2:
        raise SpecError(f"{r.where}.ports: exactly the two ports of one NIC, got {len(ports)}")
    bond = r.object("bond")
    if bond is None:
        raise SpecError(f"{r.where}.bond: missing")
    nic = Nic(
        name=r.word("name"),
        driver=driver,
        ports=ports,
        bond=_bond(bond),
        mtu=r.number("mtu", 1500, 68, 65535),
        vfs=r.number("vfs", 0, 0, 1024),
        vf_driver=r.module("vf_driver"),
        eswitch_mode=r.text("eswitch_mode", "legacy", ("legacy", "switchdev")),
        representor_pattern=r.text("representor_pattern", "{port}_{vf}"),
        lag_port_select_mode=r.optional("lag_port_select_mode", ("hash", "queue_affinity")),
        flow_steering_mode=r.optional("flow_steering_mode", ("smfs", "dmfs", "hmfs")),
        hw_tc_offload=r.flag("hw_tc_offload", False),
        firmware=r.settings("firmware"),
    )
    r.end()
    _check_names(r, nic)
    return nic


def _check_names(r: Reader, nic: Nic) -> None:
    """The names that representors and VFs will have."""
    where = f"{r.where}.representor_pattern"
    try:
        fields = [f for f in string.Formatter().parse(nic.representor_pattern) if f[1] is not None]
    except ValueError as error:
        raise SpecError(f"{where}: knows {{port}} and {{vf}}: {error}") from None
    for _, name, form, conversion in fields:
        if name not in ("port", "vf") or form or conversion:
            raise SpecError(f"{where}: knows {{port}} and {{vf}}, not {{{name}}}")
    last = max(nic.vfs - 1, 0)
    for port in nic.ports:
        for what, name in (
            (where, nic.representor(port, last)),
            (f"{r.where}.ports", nic.vf_netdev(port, last)),
        ):
            if nic.vfs and len(name) > NAME_LENGTH:
                raise SpecError(
                    f"{what}: interface name {name} has more than {NAME_LENGTH} letters"
                )
            if nic.vfs and not INTERFACE.fullmatch(name):
                raise SpecError(f"{what}: {name!r} is no interface name")
    first, second = nic.ports
    if nic.vfs > 1 and nic.representor(first, 0) == nic.representor(first, 1):
        raise SpecError(f"{where}: gives every VF the same name")
    if nic.vfs and nic.representor(first, 0) == nic.representor(second, 0):
        raise SpecError(f"{where}: gives both ports the same name")


def _port(r: Reader, driver: str) -> Port:
    name = r.interface("name")
    if driver == "netdevsim":
        port = Port(name, device=r.netdevsim("device"), port=r.number("port", None, 0, 255))
        r.ignore("pci_address")
    else:
        port = Port(name, pci_address=r.pci_address("pci_address"))
        r.ignore("device", "port")
    r.end()
    return port


def _bond(r: Reader) -> Bond:
    bond = Bond(
        name=r.interface("name"),
        mode=r.text("mode", "802.3ad", BOND_MODES),
        transmit_hash_policy=r.text("transmit_hash_policy", "layer3+4", HASH_POLICIES),
        lacp_rate=r.text("lacp_rate", "fast", ("slow", "fast")),
        miimon=r.number("miimon", 100, 1, 10000),
        min_links=r.number("min_links", 1, 0, 2),
    )
    r.end()
    return bond


def _network(r: Reader) -> Network:
    vlan = r.number("vlan", 0, 0, 4094)
    network = Network(
        name=r.word("name"),
        link=r.interface("link"),
        interface=r.interface("interface"),
        vlan=vlan or None,
        mtu=r.number("mtu", 1500, 68, 65535),
        addresses=r.addresses("addresses"),
        routes=tuple(_route(route) for route in r.objects("routes")),
    )
    r.end()
    if network.vlan is None and network.interface != network.link:
        raise SpecError(f"{r.where}.interface: without a VLAN it is the link, {network.link}")
    return network


def _route(r: Reader) -> dict[str, Any]:
    """A route's keys that are given; without "to", or with "default", the default route."""
    via, to = r.address("via"), r.destination("to")
    if to != "default" and (":" in via) != (":" in to):
        raise SpecError(f"{r.key('via')}: {via} is of another family than {to}")
    for name in ("metric", "table"):
        r.number(name, 0, 0, 2**32 - 1)
    r.end()
    return dict(r.value)


def _management(r: Reader) -> Management:
    management = Management(
        interface=r.interface("interface", optional=True) or None,
        mac_address=r.mac_address("mac_address") or None,
        pci_address=r.pci_address("pci_address", optional=True) or None,
        addresses=r.addresses("addresses"),
        gateway=r.address("gateway", optional=True) or None,
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
        ports=r.interfaces("ports"),
        representors=r.text("representors", "none", ("none", "all")),
        mtu=r.number("mtu", 0, 0, 65535) or None,
    )
    r.end()
    return bridge


def _distinct_names(spec: Spec) -> None:
    seen: dict[str, str] = {}
    nics: dict[str, str] = {}
    for n, nic in enumerate(spec.nics):
        if nic.name in nics:
            raise SpecError(f"nics[{n}].name: {nic.name} is already {nics[nic.name]}")
        nics[nic.name] = f"nics[{n}].name"
        named = [(f"nics[{n}].ports[{p}].name", port.name) for p, port in enumerate(nic.ports)]
        for where, name in [*named, (f"nics[{n}].bond.name", nic.bond.name)]:
            if name in seen:
                raise SpecError(f"{where}: {name} is already {seen[name]}")
            seen[name] = where


def _references(spec: Spec) -> None:
    """Networks and bridges stand on what the spec has: bonds, their VLANs, bridges."""
    bonds = {nic.bond.name for nic in spec.nics}
    vlans = {n.interface for n in spec.networks if n.vlan is not None}
    bridges = spec.openvswitch.bridges if spec.openvswitch else ()
    for n, network in enumerate(spec.networks):
        known = bonds | {bridge.name for bridge in bridges}
        known |= vlans - ({network.interface} if network.vlan is not None else set())
        if network.link not in known:
            raise SpecError(f"networks[{n}].link: {network.link} is no bond, VLAN or bridge here")
    for b, bridge in enumerate(bridges):
        for p, port in enumerate(bridge.ports):
            if port not in bonds | vlans:
                where = f"openvswitch.bridges[{b}].ports[{p}]"
                raise SpecError(f"{where}: {port} is no bond or VLAN here")


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _lists(v) for k, v in value.items()}
    return [_lists(v) for v in value] if isinstance(value, (list, tuple)) else value

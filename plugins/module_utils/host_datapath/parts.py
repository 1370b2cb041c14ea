"""What a datapath is made of, as plain dataclasses; ``spec.py`` reads and checks them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


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

"""What a fake host is made of: interfaces, PCI functions, simulated devices, bonds."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Netdev:
    """An interface. ``parent``: the device it belongs to."""

    name: str
    mac: str
    kind: str | None = None
    parent: str | None = None
    phys_port_name: str | None = None
    phys_switch_id: str | None = None
    mtu: int = 1500
    up: bool = False
    master: str | None = None
    lower: str | None = None
    vlan: int | None = None
    offload: str = "off"
    addresses: list[str] = field(default_factory=list)
    routes: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Function:
    """A PCI function; ``physfn`` and ``index`` for a VF.

    shown      how many virtfn links have appeared.
    """

    address: str
    driver: str | None
    device_id: str = "0x101d"
    total: int = 0
    offset: int = 2
    stride: int = 1
    numvfs: int = 0
    shown: int = 0
    autoprobe: str = "1"
    mode: str = "legacy"
    params: dict[str, str] = field(default_factory=dict)
    macs: dict[int, str] = field(default_factory=dict)
    physfn: str | None = None
    index: int = 0
    override: str = ""
    iommu_group: str | None = None


@dataclass
class Simulated:
    """A netdevsim device with two ports."""

    name: str
    numvfs: int = 0
    mode: str = "legacy"
    max_vfs: int = 8


@dataclass
class Bond:
    """A bond's options; members are the interfaces that name it as their master."""

    options: dict[str, str]
    lacp: bool = True


def vf_address(function: Function, index: int) -> str:
    """A VF's PCI address, as the kernel counts it."""
    domain, bus, rest = function.address.split(":")
    slot, number = rest.split(".")
    rid = (int(bus, 16) << 8) + (int(slot, 16) << 3) + int(number, 16)
    rid += function.offset + index * function.stride
    return f"{domain}:{rid >> 8:02x}:{rid >> 3 & 31:02x}.{rid & 7:x}"

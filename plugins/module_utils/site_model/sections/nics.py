"""``site_nic_profiles``: two ports of one NIC, their bond, VFs, eswitch and offload."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Part, key
from .scalars import InterfaceName, Mtu, NetdevsimDevice, PciAddress, PciId, RepresentorPattern

Driver = Literal["mlx5_core", "igb", "netdevsim"]
Evidence = Literal["hardware", "emulation", "stand-in"]
BondMode = Literal[
    "802.3ad",
    "balance-xor",
    "active-backup",
    "balance-rr",
    "balance-tlb",
    "balance-alb",
    "broadcast",
]
Priority = Annotated[int, Field(ge=0, le=7)]


class Port(Part):
    """One port: by PCI address, or by device and port number for netdevsim."""

    name: InterfaceName = key("Interface name that a udev rule gives the port (PF).")
    pci_address: PciAddress | None = key("PCI address of the PF.", None)
    device: NetdevsimDevice | None = key("netdevsim only: the device.", None)
    port: int | None = key("netdevsim only: port number of the device.", None, ge=0, le=63)


class Bond(Part):
    """The LACP bond of the two ports."""

    name: InterfaceName = key("Interface name.", "bond0")
    mode: BondMode = key(
        "Bonding mode; VF-LAG takes 802.3ad, balance-xor and active-backup.", "802.3ad"
    )
    transmit_hash_policy: Literal[
        "layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4", "vlan+srcmac"
    ] = key("How flows are spread over the members.", "layer3+4")
    lacp_rate: Literal["slow", "fast"] = key("How often LACPDUs are asked for.", "fast")
    miimon: int = key("Link monitoring interval.", 100, unit="ms", ge=1, le=10000)
    min_links: int = key("Members that must be up for the bond to be up.", 1, ge=0, le=2)


class Offload(Part):
    """What the NIC and Open vSwitch do in hardware. Unset keys follow driver and eswitch mode."""

    hw_tc_offload: bool | None = key(
        "tc flower offload on the ports; unset: on in switchdev mode.", None
    )
    lag_port_select_mode: Literal["hash", "queue_affinity"] | None = key(
        "mlx5: how VF-LAG picks a port; unset: hash in switchdev mode.", None
    )
    flow_steering_mode: Literal["smfs", "dmfs"] | None = key(
        "mlx5: who writes steering rules; unset: smfs in switchdev mode.", None
    )
    tc_policy: Literal["none", "skip_sw", "skip_hw"] = key("Open vSwitch's tc-policy.", "none")
    max_idle: int = key(
        "Open vSwitch's max-idle: how long an unused flow stays.", 30000, unit="ms", ge=500
    )


class Lossless(Part):
    """A lossless class on the ports (RoCE without drops)."""

    trust: Literal["dscp", "pcp"] = key("What the NIC sorts received packets by.", "dscp")
    pfc_priorities: list[Priority] = key("Priorities with pause frames.", [3], min_length=1)
    ecn_priorities: list[Priority] = key("Priorities with congestion marking.", [3])
    buffer: list[Annotated[int, Field(ge=0)]] | None = key(
        "Size of each of the port's eight receive buffers; unset: the driver's own.",
        None, unit="bytes", min_length=8, max_length=8,
    )  # fmt: skip


class NicProfile(Part):
    """A kind of NIC as hosts use it: exactly two ports of one NIC, bonded."""

    description: str = key("One line for people.", "")
    driver: Driver = key("Kernel driver of the ports.")
    driver_source: Literal["distribution", "doca"] = key(
        "Where the driver comes from; doca reloads it when it is installed.", "distribution"
    )
    evidence: Evidence | None = key(
        "What figures measured on this NIC are; unset: hardware, or stand-in for netdevsim.", None
    )
    ports: Annotated[list[Port], Field(min_length=2, max_length=2)] = key(
        "Exactly the two ports of one NIC."
    )
    speed: int | None = key("Speed of one port.", None, unit="Mbit/s", ge=10)
    mtu: Mtu = key("MTU of ports and bond.", 1500, unit="bytes")
    vfs: int = key("Virtual functions on each port.", 0, ge=0)
    vf_driver: Literal["", "vfio-pci", "none"] = key(
        'Driver of the VFs: "" the kernel\'s own, "none" left unbound.', ""
    )
    vf_vendor_id: PciId | None = key("PCI vendor of a VF; unset: as the driver has it.", None)
    vf_product_id: PciId | None = key("PCI product of a VF; unset: as the driver has it.", None)
    eswitch_mode: Literal["legacy", "switchdev"] = key("Mode of the NIC's switch.", "legacy")
    representor_pattern: RepresentorPattern = key(
        "Names of representors in switchdev mode.", "{port}_{vf}"
    )
    firmware: dict[str, str] = key(
        "mlx5: further firmware settings (mstconfig); those that follow from the model are added.",
        {},
    )
    bond: Bond = key("The bond of the two ports.", Bond)
    offload: Offload = key("Offload settings.", Offload)
    lossless: Lossless | None = key("Lossless class; unset: none.", None)

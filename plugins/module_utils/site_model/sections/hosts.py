"""``site_host_groups``: what hosts of an Ansible group are for and what they have.

Also ``site_host_overrides``: where one host differs from its group.
"""

from __future__ import annotations

from typing import Any, Literal

from .base import Part, key
from .scalars import CpuSet, InterfaceName, LockedMemory, MacAddress, Mtu, PciAddress, UnitName


class Management(Part):
    """The interface that the controller reaches the host by. Its address is `ansible_host`."""

    fabric: str = key("Fabric of the management network.")
    interface: InterfaceName = key("Interface name.")
    mac_address: MacAddress | None = key("MAC address, where the name is given by it.", None)
    pci_address: PciAddress | None = key(
        "PCI address of its NIC: a driver reload that would cut it off is refused.", None
    )
    managed: bool = key("The kit writes this interface's configuration as well.", False)


class HostFabric(Part):
    """How hosts of the group are on a fabric."""

    link: InterfaceName | None = key(
        "Bond that carries it; unset: the bond of the group's only NIC profile.", None
    )
    default_route: bool = key("The host's default route goes over this fabric.", False)


class Bridge(Part):
    """An Open vSwitch bridge."""

    ports: list[InterfaceName] = key("Bonds in the bridge.", [])
    representors: Literal["none", "all"] = key(
        "all: every VF's representor is put in; none: Neutron puts in those in use.", "none"
    )
    physical_network: str | None = key("Physical network that the bridge leads to.", None)
    mtu: Mtu | None = key("MTU; unset: that of its ports' NIC profile.", None, unit="bytes")


class OpenVSwitch(Part):
    """Open vSwitch on the host."""

    runtime: Literal["host", "kolla"] = key(
        "host: the distribution's service; kolla: container openvswitch_vswitchd.", "host"
    )
    bridges: dict[InterfaceName, Bridge] = key("Bridges by name.", {})


class Rdma(Part):
    """RDMA on the host."""

    kind: Literal["native", "rxe"] | None = key(
        "native: the NIC's own; rxe: Soft-RoCE. Unset: native for mlx5_core, else rxe.", None
    )
    roce_version: Literal[1, 2] = key("RoCE version.", 2)
    memlock: LockedMemory = key(
        "Locked memory that users may take.", "unlimited", unit="KiB or unlimited"
    )
    dscp: int = key("DSCP of RDMA traffic.", 26, ge=0, le=63)


class Hugepages(Part):
    """A pool of huge pages."""

    size: Literal["2M", "1G"] = key("Page size.", "2M")
    count: int = key("Number of pages.", ge=1)


class Limit(Part):
    """A line of limits.conf."""

    domain: str = key("User, @group or *.", "*")
    type: Literal["-", "soft", "hard"] = key("Which limit.", "-")
    item: str = key("What is limited.")
    value: str = key("The limit.")


class Kernel(Part):
    """The kernel's settings; what NICs and RDMA need is added."""

    iommu: Literal["intel", "amd"] = key("IOMMU of the processor.", "intel")
    command_line: list[str] = key("Further arguments of the kernel.", [])
    modules: list[str] = key("Further modules to load at boot.", [])
    hugepages: list[Hugepages] = key("Huge pages.", [])
    sysctl: dict[str, str] = key("Kernel parameters by name.", {})
    limits: list[Limit] = key("Users' limits.", [])


class HostGroup(Part):
    """An Ansible group of the same name: hosts that are alike."""

    purpose: Literal["controller", "compute", "storage", "network", "cluster", "baremetal"] = key(
        "What the hosts are for."
    )
    nic_profiles: list[str] = key("NICs that the hosts have.", [])
    network_manager: Literal["networkd", "netplan", "networkmanager"] = key(
        "What configures the network on the host.", "networkd"
    )
    management: Management = key("The management interface.")
    fabrics: dict[str, HostFabric] = key("Fabrics that hosts have an address on.", {})
    openvswitch: OpenVSwitch | None = key("Open vSwitch; unset: none.", None)
    rdma: Rdma = key("RDMA settings.", Rdma)
    kernel: Kernel = key("Kernel settings.", Kernel)
    cpu_dedicated_set: CpuSet | None = key("CPUs that guests may have pinned.", None)
    cpu_shared_set: CpuSet | None = key("CPUs that guests share.", None)
    gate_units: list[UnitName] = key("Units kept out of service until the LAG is active.", [])
    confirm_timeout: int = key(
        "Time until a host rolls an unconfirmed network change back.", 60, unit="s", ge=15, le=900
    )


class HostOverrides(Part):
    """Where one host differs: keys of its group, and of its NIC profiles by name.

    Merged into them key by key; a list replaces the group's list.
    """

    nic_profiles: dict[str, dict[str, Any]] = key("Keys of NIC profiles, by profile.", {})
    network_manager: Literal["networkd", "netplan", "networkmanager"] | None = key(
        "As in the group.", None
    )
    management: dict[str, Any] | None = key("Keys of the group's management.", None)
    fabrics: dict[str, Any] | None = key("Keys of the group's fabrics.", None)
    openvswitch: dict[str, Any] | None = key("Keys of the group's Open vSwitch.", None)
    rdma: dict[str, Any] | None = key("Keys of the group's RDMA settings.", None)
    kernel: dict[str, Any] | None = key("Keys of the group's kernel settings.", None)
    cpu_dedicated_set: CpuSet | None = key("As in the group.", None)
    cpu_shared_set: CpuSet | None = key("As in the group.", None)
    gate_units: list[UnitName] | None = key("As in the group.", None)
    confirm_timeout: int | None = key("As in the group.", None, unit="s")

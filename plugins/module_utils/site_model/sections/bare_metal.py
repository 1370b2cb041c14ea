"""Bare-metal nodes of ``site_openstack``: ports, bond, traits, and the state to bring them to."""

from __future__ import annotations

from typing import Any, Literal

from .base import Part, key
from .scalars import MacAddress, ObjectName, ResourceClass, Trait

InterfaceKind = Literal[
    "bios", "boot", "console", "deploy", "inspect", "management", "network", "power", "raid",
    "rescue", "storage", "vendor",
]  # fmt: skip


class NodeLink(Part):
    """The switch port that a node's port is plugged into (LLDP)."""

    switch_id: MacAddress = key("Switch's chassis id.")
    port_id: str = key("Switch's name of the port.")
    switch_info: str = key("Switch's name.", "")


class NodePort(Part):
    """A network port of a bare-metal node."""

    mac_address: MacAddress = key("MAC address.")
    pxe: bool = key("The node boots over it.", False)
    physical_network: ObjectName | None = key("Physical network that it leads to.", None)
    link: NodeLink | None = key("Where it is plugged in.", None)


class PortGroup(Part):
    """The node's ports as one bond."""

    mode: Literal["802.3ad", "active-backup", "balance-xor"] = key("Bonding mode.", "802.3ad")
    transmit_hash_policy: Literal["layer2", "layer2+3", "layer3+4"] = key(
        "How flows are spread over the members.", "layer3+4"
    )
    miimon: int = key("Link monitoring interval.", 100, unit="ms", ge=1)


class Node(Part):
    """A bare-metal node of Ironic."""

    driver: Literal["redfish", "ipmi", "fake-hardware"] = key("Ironic hardware type.")
    address: str | None = key("Address of its BMC (IP, name or URL).", None)
    resource_class: ResourceClass = key("Resource class.")
    traits: list[Trait] = key('What it has, such as CUSTOM_GPU_A100_X8 for "8 x A100".', [])
    driver_info: dict[str, Any] = key(
        "Further driver_info (redfish_system_id, deploy_kernel, …); secrets: "
        "`cloud_nodes_credentials`.", {}
    )  # fmt: skip
    interfaces: dict[InterfaceKind, str] = key("Hardware interfaces by kind (bios: redfish).", {})
    inspect: bool = key("Inspected once, before it is cleaned.", False)
    properties: dict[str, Any] = key("Ironic properties (cpus, memory_mb, local_gb, …).", {})
    extra: dict[str, Any] = key("Ironic extra.", {})
    ports: list[NodePort] = key("Network ports.", [])
    port_group: PortGroup | None = key("All its ports as one bond; unset: none.", None)
    bios: dict[str, str] = key("BIOS settings by name.", {})
    raid: dict[str, Any] = key("Ironic's target RAID configuration.", {})
    provision_state: Literal["manageable", "available"] = key(
        "State to bring it to while no server is on it.", "available"
    )

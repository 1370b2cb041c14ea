"""``site_fabrics``: the networks of the site, from VLAN to addresses."""

from __future__ import annotations

from .base import Part, key
from .scalars import AddressRange, IpAddress, Mtu, ObjectName, Subnet, Vlan, VlanRange


class Ranges(Part):
    """Who takes addresses from where; each range is first-last, both included."""

    hosts: AddressRange | None = key(
        "Hosts' own addresses: host with `site_host_index` n takes the n-th.", None
    )
    vms: AddressRange | None = key("Allocation pool of the cloud's subnet.", None)
    inspection: AddressRange | None = key(
        "Bare-metal servers that Ironic does not know yet take one while it inspects them.", None
    )
    pods: AddressRange | None = key("Pods' second interfaces; each node takes its own slice.", None)


class Route(Part):
    """A static route over a fabric."""

    to: Subnet = key("Destination network.")
    via: IpAddress = key("Next hop, within the fabric's subnet.")


class Fabric(Part):
    """One layer-2 network: a VLAN (or untagged) of a physical network."""

    description: str = key("One line for people.", "")
    physical_network: ObjectName | None = key(
        "Name that Neutron and the bridges know the wire by; none for a network of its own.", None
    )
    vlan: Vlan | None = key("VLAN id; none: untagged.", None, unit="802.1Q id")
    vlan_ranges: list[VlanRange] = key("VLANs for tenants' networks on the physical network.", [])
    mtu: Mtu = key("Largest packet that passes the whole path.", 1500, unit="bytes")
    subnet: Subnet | None = key("Network address and prefix.", None)
    gateway: IpAddress | None = key("Router's address within the subnet.", None)
    ranges: Ranges = key("Who takes addresses from where.", Ranges)
    routes: list[Route] = key("Static routes that hosts get with this fabric.", [])
    rdma: bool = key("RDMA runs here: hosts get a RoCE link on it.", False)
    lossless: bool = key("Needs a lossless class (PFC, ECN) on every NIC that carries it.", False)

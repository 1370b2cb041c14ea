"""``site_openstack.networks``, ``.routers``, ``.security_groups``."""

from __future__ import annotations

from typing import Literal

from .base import Part, key
from .scalars import IpAddress, ObjectName, PortRange, Subnet, Vlan


class CloudNetwork(Part):
    """A network of the cloud on a fabric; segment, MTU and pool follow from the fabric."""

    fabric: str = key("Fabric that it is on.")
    kind: Literal["vlan", "flat"] = key("Neutron's network type.", "vlan")
    vlan: Vlan | None = key("Segment; unset: the fabric's VLAN.", None, unit="802.1Q id")
    project: str | None = key("Project that owns it; unset: the kit's own user's.", None)
    external: bool = key("Floating IPs come from it.", False)
    shared: bool = key("All projects may use it.", False)
    dhcp: bool = key("Neutron gives addresses by DHCP.", True)
    port_security: bool = key("Neutron filters addresses of ports.", True)
    dns_nameservers: list[IpAddress] = key("Name servers for guests.", [])


class Router(Part):
    """A router between networks of the cloud; on each it has the address of the gateway."""

    project: str | None = key("Project that owns it; unset: the kit's own user's.", None)
    external: ObjectName | None = key("External network that it leads to.", None)
    networks: list[ObjectName] = key("Networks that it joins.", [])


class SecurityRule(Part):
    """What may pass; neither cidr nor group: from and to everywhere."""

    direction: Literal["ingress", "egress"] = key("To the server, or from it.", "ingress")
    protocol: Literal["tcp", "udp", "sctp", "icmp", "ipv6-icmp", "vrrp"] | None = key(
        "Protocol; unset: all.", None
    )
    ports: PortRange | None = key("One port or first-last; unset: all.", None)
    cidr: Subnet | None = key("The other side's addresses.", None)
    group: ObjectName | None = key("The other side's security group, of the model.", None)


class SecurityGroup(Part):
    """A set of rules for ports. Without a rule for egress all may go out."""

    project: str = key("Project that owns it.")
    description: str = key("One line for people.", "")
    rules: list[SecurityRule] = key("Rules; what is not in the list is taken away.", [])

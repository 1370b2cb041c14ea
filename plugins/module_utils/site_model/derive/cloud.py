"""The cloud's facts that follow from hosts and fabrics: PCI devices, bridges, VLANs, networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..sections.cloud_networks import CloudNetwork
from ..sections.fabrics import Fabric
from ..sections.nics import NicProfile
from ..sections.openstack import Flavor
from ..sections.scalars import parse_range, parse_vlan_range
from ..view import HostView, named

#: PCI vendor and product of a VF, as the driver's NICs have them.
VF_IDS = {"mlx5_core": ("15b3", "101e"), "igb": ("8086", "10ca")}


def device_spec(view: HostView) -> list[dict[str, str]]:
    """Nova's ``[pci] device_spec`` of a host: one entry for each PF, matching its VFs only.

    Nothing for ports that are no PCI devices, and for NICs that lead to no physical network.
    """
    found = []
    for profile in view.profiles.values():
        wire = physical_network(view, profile)
        if not profile.vfs or wire is None:
            continue
        vendor, product = VF_IDS.get(profile.driver, ("", ""))
        for port in profile.ports:
            if port.pci_address is None:
                continue
            entry = {
                "address": port.pci_address,
                "vendor_id": profile.vf_vendor_id or vendor,
                "product_id": profile.vf_product_id or product,
                "physical_network": wire,
            }
            found.append(entry)
    return found


def physical_network(view: HostView, profile: NicProfile) -> str | None:
    """Where a NIC leads to: its bond's bridge says it, else the fabrics on the bond."""
    bridges = view.group.openvswitch.bridges.values() if view.group.openvswitch else ()
    for bridge in bridges:
        if profile.bond.name in bridge.ports and bridge.physical_network:
            return bridge.physical_network
    for name in view.group.fabrics:
        wire = view.fabrics[name].physical_network
        if wire and view.link_of(name) == profile.bond.name:
            return wire
    return None


def bridge_mappings(view: HostView) -> dict[str, str]:
    """Neutron's bridge of each physical network on a host: ``{"physnet1": "br-data"}``."""
    bridges = view.group.openvswitch.bridges if view.group.openvswitch else {}
    return {b.physical_network: name for name, b in bridges.items() if b.physical_network}


def network_vlan_ranges(fabrics: Mapping[str, Fabric]) -> list[str]:
    """Neutron's ``network_vlan_ranges``: tenants' VLANs, then physical networks without any."""
    ranges = []
    wires = sorted({f.physical_network for f in fabrics.values() if f.physical_network})
    for wire in wires:
        mine = [
            f"{wire}:{low}:{high}"
            for fabric in fabrics.values()
            if fabric.physical_network == wire
            for low, high in map(parse_vlan_range, fabric.vlan_ranges)
        ]
        ranges += mine or [wire]
    return ranges


def cloud_networks(
    networks: Mapping[str, CloudNetwork], fabrics: Mapping[str, Fabric]
) -> dict[str, dict[str, Any]]:
    """Provider networks with their subnets: segment, MTU, pool and gateway of the fabric."""
    found = {}
    for name, network in networks.items():
        path = ("site_openstack", "networks", name, "fabric")
        fabric = named(fabrics, "fabric", network.fabric, path)
        found[name] = {
            "project": network.project,
            "provider_network_type": network.kind,
            "provider_physical_network": fabric.physical_network,
            "provider_segmentation_id": network.vlan or fabric.vlan,
            "mtu": fabric.mtu,
            "external": network.external,
            "shared": network.shared,
            "port_security_enabled": network.port_security,
            "subnet": _subnet(network, fabric),
        }
    return found


def _subnet(network: CloudNetwork, fabric: Fabric) -> dict[str, Any] | None:
    if fabric.subnet is None:
        return None
    first, last = parse_range(fabric.ranges.vms) if fabric.ranges.vms else (None, None)
    return {
        "cidr": fabric.subnet,
        "gateway_ip": fabric.gateway,
        "enable_dhcp": network.dhcp,
        "allocation_pools": [{"start": str(first), "end": str(last)}] if first else [],
        "dns_nameservers": list(network.dns_nameservers),
    }


def flavor_extra_specs(flavor: Flavor) -> dict[str, str]:
    """What Nova and Placement read of a flavor; a whole server takes no standard resources."""
    specs = {f"trait:{trait}": "required" for trait in flavor.traits}
    if flavor.kind == "baremetal" and flavor.resource_class:
        name = "".join(c if c.isalnum() else "_" for c in flavor.resource_class.upper())
        specs[f"resources:CUSTOM_{name.removeprefix('CUSTOM_')}"] = "1"
        specs |= {f"resources:{what}": "0" for what in ("VCPU", "MEMORY_MB", "DISK_GB")}
    elif flavor.kind == "vm":
        if flavor.cpu_policy == "dedicated":
            specs["hw:cpu_policy"] = "dedicated"
        if flavor.numa_nodes:
            specs["hw:numa_nodes"] = str(flavor.numa_nodes)
        if flavor.hugepages:
            specs["hw:mem_page_size"] = {"2M": "2MB", "1G": "1GB"}[flavor.hugepages]
    return {**specs, **flavor.extra_specs}

"""Sets of servers as ``cloud_servers`` takes them, and as hosts of the inventory."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ..sections.cloud_networks import CloudNetwork
from ..sections.clusters import servers_group
from ..sections.fabrics import Fabric
from ..sections.servers import ServerSet
from ..view import named, section


def cloud_servers(site_model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``site_model | cloud_servers``: one for each set."""
    cloud = section(site_model, "site_openstack")
    fabrics, switchdev = section(site_model, "site_fabrics"), _switchdev(site_model)
    found = []
    for name, each in cloud.servers.items():
        ports = []
        for place, port in enumerate(each.ports):
            path = ("site_openstack", "servers", name, "ports", place, "network")
            network = named(cloud.networks, "network", port.network, path)
            fabric = named(fabrics, "fabric", network.fabric, path)
            ports.append(
                {
                    "network": port.network,
                    "direct": port.vf,
                    "switchdev": port.vf and switchdev,
                    "port_security": port.port_security,
                    "allowed": [str(subnet) for subnet in port.allowed_addresses],
                    "interface": port.interface or "",
                    "mtu": fabric.mtu,
                    **_static(network, fabric),
                }
            )
        found.append({"name": name, "ports": ports, **_plain(each)})
    return found


def _static(network: CloudNetwork, fabric: Fabric) -> dict[str, Any]:
    """What a guest has to know where Neutron gives no addresses by DHCP."""
    if network.dhcp or not fabric.subnet:
        return {}
    prefix = ipaddress.ip_network(fabric.subnet).prefixlen
    dns = list(network.dns_nameservers)
    return {"prefix": prefix, "gateway": fabric.gateway or "", "dns": dns}


def _plain(each: ServerSet) -> dict[str, Any]:
    volume = {"size": each.volume.size, "type": each.volume.type or ""} if each.volume else None
    return {
        "project": each.project,
        "flavor": each.flavor,
        "image": each.image,
        "count": each.count,
        "policy": "" if each.placement == "none" else each.placement,
        "security_groups": list(each.security_groups),
        "keys": list(each.ssh_keys),
        "volume": volume,
        "timeout": each.timeout,
    }


def _switchdev(site_model: Mapping[str, Any]) -> bool:
    """Whether VFs of compute hosts have representors."""
    profiles = section(site_model, "site_nic_profiles")
    groups = section(site_model, "site_host_groups").values()
    used = {name for group in groups if group.purpose == "compute" for name in group.nic_profiles}
    modes = {p.eswitch_mode for name, p in profiles.items() if name in used and p.vfs}
    return modes == {"switchdev"}


def cloud_servers_inventory(
    site_model: Mapping[str, Any], addresses: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """``site_model | cloud_servers_inventory(addresses)``: groups and hosts, as in hosts.yml.

    *addresses*: server → network → address; a host is reached on the network of its first port.
    Only sets of which a host group says what they are like: others are nobody's hosts.
    """
    children: dict[str, Any] = {}
    groups = section(site_model, "site_host_groups")
    for name, each in section(site_model, "site_openstack").servers.items():
        if servers_group(name) not in groups:
            continue
        hosts = {}
        for number in range(each.count):
            host = f"{name}-{number + 1}"
            address = addresses.get(host, {}).get(each.ports[0].network)
            if address:
                index = {"site_host_index": each.first_index + number} if each.first_index else {}
                hosts[host] = {"ansible_host": address, **index}
        children[servers_group(name)] = {"hosts": hosts}
    return {"all": {"children": children}}

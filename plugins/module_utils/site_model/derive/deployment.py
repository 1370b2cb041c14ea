"""What module cloud_config takes: the cloud's deployment as plain data.

Facts of the site in the model's own words; what Kayobe and Kolla call them is that module's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..problems import ModelError, Problem
from ..sections.deployment import PURPOSES, Deployment
from ..sections.fabrics import Fabric
from ..sections.nics import NicProfile
from ..sections.openstack import OpenStack
from ..sections.scalars import parse_range
from ..view import HostView, host_view, section
from .addresses import host_address
from .cloud import bridge_mappings, device_spec, network_vlan_ranges, physical_network
from .datapath import hw_tc_offload
from .names import vlan_interface


def deployment(
    model: Mapping[str, Any], hosts: Iterable[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """The deployment, None where the model has none; *hosts*: all ``site_host`` of the site.

    Keys: site, region, release, distribution, bond_owner, container_engine, container_registry,
    services, roles (fabric by role), api (addresses and names), fabrics, groups (by name:
    purpose, hosts and what a host of it has), hosts (by name: group, addresses, and the same),
    neutron, nova, ironic. Lists are in the model's order.
    """
    cloud: OpenStack = section(model, "site_openstack") if model.get("site_openstack") else None
    if cloud is None or cloud.deployment is None:
        return None
    wanted, site = cloud.deployment, section(model, "site")
    fabrics: dict[str, Fabric] = section(model, "site_fabrics")
    all_groups = section(model, "site_host_groups")
    names = [name for name, group in all_groups.items() if group.purpose in PURPOSES]
    views = [host_view(model, host) for host in hosts if set(host["groups"]) & set(names)]
    groups = {
        name: {
            "purpose": all_groups[name].purpose,
            "hosts": [view.name for view in views if view.group_name == name],
            **_of_host(_of_group(model, name), wanted),
        }
        for name in names
    }
    used = {fabric for view in views for fabric in view.fabrics}
    roles = _roles(wanted, views)
    return {
        "site": site.name,
        "region": site.region or site.name,
        "release": cloud.release,
        "distribution": wanted.distribution or _distribution(views),
        "bond_owner": cloud.bond_owner,
        "container_engine": wanted.container_engine,
        "container_registry": wanted.container_registry,
        "services": dict(wanted.services),
        "roles": roles,
        "api": _api(wanted),
        "fabrics": {n: _fabric(f) for n, f in fabrics.items() if n in used | set(roles.values())},
        "groups": groups,
        "hosts": {
            view.name: {
                "group": view.group_name,
                "addresses": _addresses(view),
                "device_spec": device_spec(view) if view.group.purpose == "compute" else [],
                **_of_host(view, wanted),
            }
            for view in views
        },
        "neutron": _neutron(wanted, fabrics),
        "nova": {"numa": any(f.cpu_policy == "dedicated" or f.numa_nodes or f.hugepages
                             for f in cloud.flavors.values())},
        "ironic": _ironic(cloud, wanted),
    }  # fmt: skip


def _of_group(model: Mapping[str, Any], name: str) -> HostView:
    """A host of the group that differs in nothing from it."""
    return host_view(model, {"name": name, "groups": [name], "index": 0, "address": ""})


def _roles(wanted: Deployment, views: list[HostView]) -> dict[str, str | None]:
    own = wanted.fabrics
    if not views:
        where = ("site_openstack", "deployment")
        raise ModelError([Problem("deployment-group", where, "has no hosts", "Add hosts.")])
    admin = views[0].group.management.fabric
    return {
        "admin": admin,
        "internal": own.internal,
        "public": own.public or own.internal,
        "tunnel": own.tunnel,
        "storage": own.storage or own.internal,
        "provisioning": own.provisioning,
        "cleaning": own.cleaning or own.provisioning,
        "inspection": own.inspection or own.provisioning,
        "bmc": own.bmc or admin,
    }


def _distribution(views: list[HostView]) -> str:
    managers = {view.group.network_manager for view in views}
    return "rocky" if managers == {"networkmanager"} else "ubuntu"


def _api(wanted: Deployment) -> dict[str, Any]:
    internal = wanted.internal_vip_address
    external = wanted.external_vip_address or internal
    alone = wanted.external_vip_address is None
    return {
        "internal_vip_address": internal,
        "external_vip_address": external,
        "internal_fqdn": wanted.internal_fqdn or internal,
        "external_fqdn": wanted.external_fqdn
        or (wanted.internal_fqdn if alone else None)
        or external,
        "tls_internal": wanted.tls_internal,
        "tls_external": wanted.tls_external,
    }


def _fabric(fabric: Fabric) -> dict[str, Any]:
    spans = fabric.ranges.model_dump(exclude_none=True)
    return {
        "cidr": fabric.subnet,
        "gateway": fabric.gateway,
        "vlan": fabric.vlan,
        "mtu": fabric.mtu,
        "physical_network": fabric.physical_network,
        "routes": [{"to": route.to, "via": route.via} for route in fabric.routes],
        "ranges": {kind: [str(a) for a in parse_range(text)] for kind, text in spans.items()},
    }


def _addresses(view: HostView) -> dict[str, str]:
    """Of a host by fabric, without prefix."""
    found = {view.group.management.fabric: view.address}
    for name in view.group.fabrics:
        path = ("site_fabrics", name, "ranges", "hosts")
        found[name] = (host_address(view.fabrics[name], view.index, path) or "").partition("/")[0]
    return {name: address for name, address in found.items() if address}


def _of_host(view: HostView, wanted: Deployment) -> dict[str, Any]:
    """What Kayobe and Kolla must know of a host's network and processors."""
    management = view.group.management
    interfaces = {management.fabric: management.interface}
    for name in view.group.fabrics:
        link = view.link_of(name)
        if link:
            interfaces[name] = vlan_interface(link, view.fabrics[name].vlan)
    routed = [name for name, use in view.group.fabrics.items() if use.default_route]
    mappings = bridge_mappings(view)
    bridges = view.group.openvswitch.bridges if view.group.openvswitch else {}
    inside = [view.profile_of(port) for bridge in bridges.values() for port in bridge.ports]
    return {
        "interfaces": interfaces,
        "default_route": routed[0] if routed else management.fabric,
        "bonds": [_bond(view, profile) for profile in view.profiles.values()],
        "bridges": [
            {"bridge": name, "interface": bridges[name].ports[0], "physical_network": wire}
            for wire, name in mappings.items()
        ],
        "hw_offload": any(hw_tc_offload(profile) for profile in inside if profile),
        "sriov": _legacy(view),
        "cpu_dedicated_set": view.group.cpu_dedicated_set,
        "cpu_shared_set": view.group.cpu_shared_set,
        "hugepages": [
            {"size": pool.size, "count": pool.count} for pool in view.group.kernel.hugepages
        ],
    }


def _bond(view: HostView, profile: NicProfile) -> dict[str, Any]:
    bond = profile.bond
    return {
        "name": bond.name,
        "ports": [port.name for port in profile.ports],
        "mode": bond.mode,
        "transmit_hash_policy": bond.transmit_hash_policy,
        "lacp_rate": bond.lacp_rate,
        "miimon": bond.miimon,
        "mtu": profile.mtu,
        "physical_network": physical_network(view, profile),
    }


def _legacy(view: HostView) -> dict[str, list[str]]:
    """Ports by physical network whose VFs the SR-IOV agent serves: no representors."""
    found: dict[str, list[str]] = {}
    for profile in view.profiles.values() if view.group.purpose == "compute" else ():
        wire = physical_network(view, profile)
        if profile.vfs and wire and profile.eswitch_mode == "legacy":
            found.setdefault(wire, []).extend(port.name for port in profile.ports)
    return found


def _neutron(wanted: Deployment, fabrics: Mapping[str, Fabric]) -> dict[str, Any]:
    mtus: dict[str, int] = {}
    for fabric in fabrics.values():
        if fabric.physical_network:
            wire = fabric.physical_network
            mtus[wire] = max(mtus.get(wire, 0), fabric.mtu)
    tunnel = fabrics.get(wanted.fabrics.tunnel or "")
    return {
        "vlan_ranges": network_vlan_ranges(fabrics),
        "mtus": dict(sorted(mtus.items())),
        "path_mtu": tunnel.mtu if tunnel else None,
        "tenant_vlans": any(fabric.vlan_ranges for fabric in fabrics.values()),
        "firewall_driver": wanted.firewall_driver,
    }


def _ironic(cloud: OpenStack, wanted: Deployment) -> dict[str, Any] | None:
    """None without bare-metal nodes or a fabric to provision them over."""
    if not cloud.nodes or wanted.fabrics.provisioning is None:
        return None
    return {
        "hardware_types": sorted({node.driver for node in cloud.nodes.values()}),
        "switches": {name: switch.model_dump() for name, switch in wanted.switches.items()},
    }

"""Rules of the cloud: references in every direction, traits, what flavors need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..model import Model
from ..problems import Path, Problem, suggest
from ..sections.cloud_networks import CloudNetwork
from ..sections.openstack import Flavor, OpenStack
from ..sections.scalars import parse_vlan_range
from . import cloud_images, cloud_networks
from .report import dangling, error, note, warning

#: In keys of driver_info whose values Ironic hides.
SECRET_WORDS = ("password", "secret", "token", "auth_key", "priv_key")


def check(model: Model, hosts: Mapping[str, str]) -> Iterator[Problem]:
    """All rules of the cloud; *hosts*: their names by management address."""
    cloud = model.openstack
    if cloud is None:
        return
    for name, network in cloud.networks.items():
        yield from _network(model, network, ("site_openstack", "networks", name))
    for name, flavor in cloud.flavors.items():
        path = ("site_openstack", "flavors", name)
        yield from _flavor(model, cloud, flavor, path)
        for number, project in enumerate(flavor.projects):
            where = (*path, "projects", number)
            yield from dangling(model, "project", project, where, "site_openstack", "projects")
    yield from cloud_networks.check(model, cloud)
    yield from cloud_images.check(cloud)
    yield from _unused(model, cloud)
    yield from _segments(model, cloud)
    yield from _nodes(model, cloud, hosts)
    yield from _servers(model, cloud)
    yield from _indexes(cloud)


def _network(model: Model, network: CloudNetwork, path: Path) -> Iterator[Problem]:
    yield from dangling(model, "fabric", network.fabric, (*path, "fabric"), "site_fabrics")
    fabric = model.fabrics.get(network.fabric)
    if fabric is None:
        return
    if not fabric.physical_network:
        message, fix = f"fabric {network.fabric} has no physical network", "Set physical_network."
        yield error("physical-network-missing", (*path, "fabric"), message, fix)
        return
    if network.kind == "vlan" and network.vlan is None and fabric.vlan is None:
        message = f"no VLAN is given, here or in fabric {network.fabric}"
        yield error("network-segment", path, message, "Set vlan, or kind: flat.")
    if network.kind == "flat" and (network.vlan or fabric.vlan):
        message, fix = "is untagged, and a VLAN is given", "Use kind: vlan."
        yield error("network-segment", (*path, "kind"), message, fix, "flat")
    if network.dhcp and fabric.subnet and not fabric.ranges.vms:
        message = f"fabric {network.fabric} has no range for VMs"
        yield error("range-missing", path, message, "Set ranges.vms of the fabric.")


def _segments(model: Model, cloud: OpenStack) -> Iterator[Problem]:
    """Each network has a VLAN of its own, which is no other fabric's and no tenants'."""
    seen: dict[tuple[str, int | None], str] = {}
    for name, network in cloud.networks.items():
        path = ("site_openstack", "networks", name)
        fabric = model.fabrics.get(network.fabric)
        wire = fabric.physical_network if fabric else None
        if not fabric or not wire:
            continue
        segment = None if network.kind == "flat" else network.vlan or fabric.vlan
        where = (*path, "vlan") if network.vlan else (*path, "fabric")
        other = seen.setdefault((wire, segment), name)
        both = (network, cloud.networks[other])
        clash = len({n.fabric for n in both}) == 1 or any(n.vlan for n in both)
        if other != name and clash:  # else two fabrics are one VLAN, which is said there
            message = f"is on the segment of network {other}: {wire}, VLAN {segment or 'none'}"
            yield error("network-segment", where, message, "Give each network its own.")
        for owner, near in model.fabrics.items() if network.vlan else ():
            if near.physical_network != wire:
                continue
            if owner != network.fabric and near.vlan == network.vlan:
                message, fix = f"is the VLAN of fabric {owner}", f"Use fabric: {owner}."
                yield error("network-segment", where, message, fix)
            for low, high in map(parse_vlan_range, near.vlan_ranges):
                if low <= (network.vlan or 0) <= high:
                    message = f"is in the tenants' VLANs {low}-{high} of fabric {owner}"
                    fix = "Choose one that Neutron does not give to tenants."
                    yield error("network-segment", where, message, fix)


def _unused(model: Model, cloud: OpenStack) -> Iterator[Problem]:
    """Users of the cloud may still use it."""
    servers = cloud.servers.values()
    if not model.all_read(cloud.servers, "site_openstack", "servers"):
        return
    for what, known, used in (
        ("flavor", cloud.flavors, {s.flavor for s in servers}),
        ("image", cloud.images, {s.image for s in servers}),
        ("project", cloud.projects, {s.project for s in servers} | _owners(cloud)),
    ):
        for name in known.keys() - used:
            message, fix = "no servers of the model use it", "Keep it for users, or remove it."
            yield note(f"unused-{what}", ("site_openstack", f"{what}s", name), message, fix)


def _owners(cloud: OpenStack) -> set[str | None]:
    owned = (*cloud.networks.values(), *cloud.routers.values(), *cloud.security_groups.values())
    return {each.project for each in owned} | {
        p for f in cloud.flavors.values() for p in f.projects
    }


def _flavor(model: Model, cloud: OpenStack, flavor: Flavor, path: Path) -> Iterator[Problem]:
    if flavor.kind == "vm":
        if flavor.resource_class:
            message, fix = "belongs to bare metal", "Use kind: baremetal, or remove it."
            yield error("flavor-kind", (*path, "resource_class"), message, fix)
        return
    if flavor.vf_ports or flavor.hugepages or flavor.numa_nodes:
        message, fix = (
            "a whole server has no VF ports, huge pages or NUMA nodes of a guest",
            ("Remove vf_ports, hugepages and numa_nodes."),
        )
        yield error("flavor-kind", path, message, fix)
    classes = {node.resource_class for node in cloud.nodes.values()}
    if not model.all_read(cloud.nodes, "site_openstack", "nodes"):
        return
    if flavor.resource_class is None:
        fix = f"Set it. {suggest('', classes)}"
        yield error("resource-class", path, "a whole-server flavor needs a resource_class", fix)
    elif flavor.resource_class not in classes:
        where, fix = (*path, "resource_class"), suggest(flavor.resource_class, classes)
        message = "is the resource class of no node"
        yield error("resource-class", where, message, fix, flavor.resource_class)
    fitting = [n for n in cloud.nodes.values() if n.resource_class == flavor.resource_class]
    for number, trait in enumerate(flavor.traits if fitting else ()):
        if not any(trait in node.traits for node in fitting):
            message = f"no node of class {flavor.resource_class} has this trait"
            fix = suggest(trait, {t for node in fitting for t in node.traits})
            yield error("unknown-trait", (*path, "traits", number), message, fix, trait)


def _nodes(model: Model, cloud: OpenStack, hosts: Mapping[str, str]) -> Iterator[Problem]:
    macs: dict[str, str] = {}
    addresses: dict[str, str] = {}
    wanted = {flavor.resource_class for flavor in cloud.flavors.values()}
    wires = {fabric.physical_network for fabric in model.fabrics.values()} - {None}
    for name, node in cloud.nodes.items():
        path = ("site_openstack", "nodes", name)
        if node.address and node.address in addresses:
            message, fix = f"is the BMC of {addresses[node.address]}", "Give each node its own."
            yield error("address-duplicate", (*path, "address"), message, fix, node.address)
        addresses.setdefault(node.address or "", name)
        bmc = re.sub(r"^[a-z]+://|[:/].*$", "", node.address or "")
        if bmc in hosts and bmc:
            message, fix = f"is the address of host {hosts[bmc]}", "Name the BMC's own address."
            yield error("address-duplicate", (*path, "address"), message, fix)
        if node.address is None and node.driver != "fake-hardware":
            yield error("node-address", path, f"{node.driver} needs a BMC", "Set address.")
        read = model.all_read(cloud.flavors, "site_openstack", "flavors")
        if read and node.resource_class not in wanted:
            message, fix = "no flavor asks for it", "Add a flavor, or remove the node."
            where = (*path, "resource_class")
            yield warning("unused-class", where, message, fix, node.resource_class)
        for found in node.driver_info:
            if any(word in found.lower() for word in SECRET_WORDS):
                message, fix = (
                    "is a secret", "Move it to cloud_nodes_credentials, in a vaulted file."
                )  # fmt: skip
                yield error("secret-in-model", (*path, "driver_info", found), message, fix)
        for number, port in enumerate(node.ports):
            here = (*path, "ports", number)
            if port.mac_address in macs:
                message, fix = f"is a port of {macs[port.mac_address]}", "Correct one of them."
                where = (*here, "mac_address")
                yield error("mac-duplicate", where, message, fix, port.mac_address)
            macs.setdefault(port.mac_address, name)
            known = model.all_read(model.fabrics, "site_fabrics")
            if known and port.physical_network and port.physical_network not in wires:
                where, wire = (*here, "physical_network"), port.physical_network
                message, fix = (
                    "is the physical network of no fabric",
                    suggest(wire, map(str, wires)),
                )
                yield error("unknown-physical-network", where, message, fix, wire)
        if node.port_group and len(node.ports) < 2:
            message, fix = "needs two ports or more", "Add ports, or remove it."
            yield error("port-group", (*path, "port_group"), message, fix)


def _sees(project: str, network: CloudNetwork) -> bool:
    """Nova makes a server without any port, and says nothing, where its project sees none."""
    return network.shared or network.external or network.project == project


def _indexes(cloud: OpenStack) -> Iterator[Problem]:
    """Sets of servers do not share numbers of hosts."""
    seen: list[tuple[int, int, str]] = []
    for name, servers in cloud.servers.items():
        first, last = servers.first_index, servers.first_index + servers.count - 1
        for low, high, other in seen if first else ():
            if first <= high and low <= last:
                message = f"{first}-{last} are also of {other}: {low}-{high}"
                where = ("site_openstack", "servers", name, "first_index")
                yield error("server-index", where, message, "Give each set its own.", first)
        if first:
            seen.append((first, last, name))


def _servers(model: Model, cloud: OpenStack) -> Iterator[Problem]:
    for name, servers in cloud.servers.items():
        path = ("site_openstack", "servers", name)
        for what, value in (
            ("project", servers.project),
            ("flavor", servers.flavor),
            ("image", servers.image),
        ):
            yield from dangling(model, what, value, (*path, what), "site_openstack", f"{what}s")
        for number, port in enumerate(servers.ports):
            where = (*path, "ports", number, "network")
            yield from dangling(model, "network", port.network, where, "site_openstack", "networks")
            network = cloud.networks.get(port.network)
            if network and not _sees(servers.project, network):
                message = f"project {servers.project} does not see network {port.network}"
                fix = f"Give the network `shared: true`, or `project: {servers.project}`."
                yield error("network-unseen", where, message, fix, port.network)
            if port.port_security is False and port.allowed_addresses:
                message = "all addresses pass already, with port_security: false"
                fix = "Remove allowed_addresses, or port_security."
                yield error("port-security", (*where[:-1], "allowed_addresses"), message, fix)
        flavor = cloud.flavors.get(servers.flavor)
        vfs = sum(port.vf for port in servers.ports)
        if flavor and flavor.kind == "vm" and vfs != flavor.vf_ports:
            message = (
                f"{vfs} ports by VF, and flavor {servers.flavor} is made for {flavor.vf_ports}"
            )
            fix = "Make both the same."
            yield warning("server-vfs", (*path, "ports"), message, fix)

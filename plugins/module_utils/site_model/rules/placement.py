"""What the cloud's networks, flavors and servers ask of its hosts."""

from __future__ import annotations

from collections.abc import Iterator

from ..derive.cloud import bridge_mappings, physical_network
from ..model import Model
from ..problems import Problem, suggest
from ..sections.openstack import OpenStack
from ..view import HostView
from .groups import group_view
from .report import error


def check_placement(model: Model) -> Iterator[Problem]:
    """All rules between the cloud and host groups; none where a group cannot be read."""
    cloud = model.openstack
    views = [group_view(model, name) for name in model.host_groups]
    if cloud is None or None in views or not model.all_read(model.host_groups, "site_host_groups"):
        return
    groups = [view for view in views if view is not None]
    compute = [view for view in groups if view.group.purpose == "compute"]
    yield from _bridges(model, cloud, groups)
    yield from _flavors(cloud, compute)
    yield from _vf_ports(model, cloud, compute)


def _bridges(model: Model, cloud: OpenStack, groups: list[HostView]) -> Iterator[Problem]:
    led = {wire for view in groups for wire in bridge_mappings(view)}
    for name, network in cloud.networks.items():
        fabric = model.fabrics.get(network.fabric)
        wire = fabric.physical_network if fabric else None
        if wire and wire not in led:
            message = f"is on physical network {wire}, to which no host group's bridge leads"
            fix = f"Set physical_network of an Open vSwitch bridge. {suggest(wire, led)}"
            path = ("site_openstack", "networks", name, "fabric")
            yield error("network-bridge", path, message, fix)


def _flavors(cloud: OpenStack, compute: list[HostView]) -> Iterator[Problem]:
    vfs = any(profile.vfs for view in compute for profile in view.profiles.values())
    sizes = {pool.size for view in compute for pool in view.group.kernel.hugepages}
    for name, flavor in cloud.flavors.items():
        path = ("site_openstack", "flavors", name)
        if flavor.kind == "vm" and flavor.vf_ports and not vfs:
            message, fix = "no NIC of a compute host has VFs", "Set vfs in a NIC profile."
            yield error("flavor-vfs", (*path, "vf_ports"), message, fix)
        if flavor.kind == "vm" and flavor.hugepages and flavor.hugepages not in sizes:
            message = f"no compute host has huge pages of {flavor.hugepages}"
            fix = f"Add them to kernel.hugepages of a compute group. {suggest('', sizes)}"
            yield error("flavor-hugepages", (*path, "hugepages"), message, fix)


def _vf_ports(model: Model, cloud: OpenStack, compute: list[HostView]) -> Iterator[Problem]:
    wires = {
        physical_network(view, profile)
        for view in compute
        for profile in view.profiles.values()
        if profile.vfs
    }
    for name, servers in cloud.servers.items() if wires else ():
        for number, port in enumerate(servers.ports):
            network = cloud.networks.get(port.network)
            fabric = model.fabrics.get(network.fabric) if network else None
            wire = fabric.physical_network if fabric else None
            if port.vf and wire and wire not in wires:
                message = f"no VF of a compute host leads to {wire}, where {port.network} is"
                fix = "Put the bond of a NIC with VFs into a bridge of that physical network."
                path = ("site_openstack", "servers", name, "ports", number, "vf")
                yield error("vf-network", path, message, fix)

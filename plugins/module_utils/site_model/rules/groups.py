"""Rules of host groups: references, links, MTU along the path, bridges, names, management."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..derive.names import representors, vf_interfaces, vlan_interface
from ..model import Model
from ..problems import Path, Problem, suggest
from ..sections.clusters import servers_group
from ..sections.scalars import INTERFACE_LENGTH
from ..view import HostView
from .bridges import check_bridges
from .kernel import check_kernel
from .management import above, check_management
from .report import dangling, error, warning


def check(
    model: Model, groups: Collection[str] | None, populated: Collection[str]
) -> Iterator[Problem]:
    """All rules of host groups.

    *groups*: names of the inventory's groups, None if not known; *populated*: those with hosts.
    """
    used_profiles: set[str] = set()
    used_fabrics: set[str] = set()
    of_servers = _groups_of_servers(model)
    for name, group in model.host_groups.items():
        path = ("site_host_groups", name)
        used_profiles.update(group.nic_profiles)
        used_fabrics.update(group.fabrics, [group.management.fabric])
        if name in of_servers:
            pass  # cloud_servers writes them into the inventory
        elif groups is not None and name not in groups:
            fix = f"Add the group to the inventory. {suggest(name, groups)}"
            yield error("unknown-group", path, "is not a group of the inventory", fix)
        elif groups is not None and name not in populated:
            yield warning("empty-group", path, "has no hosts", "Add hosts, or remove the group.")
        yield from _references(model, name)
        view = group_view(model, name)
        if view:
            yield from check_group(view, path)
    complete = model.all_read(model.host_groups, "site_host_groups")
    for name in model.nic_profiles if complete else ():
        if name not in used_profiles:
            message, fix = "no host group has this NIC", "Use it, or remove it."
            yield warning("unused-profile", ("site_nic_profiles", name), message, fix)
    networks = model.openstack.networks if model.openstack else ()
    complete &= model.all_read(networks, "site_openstack", "networks")
    complete &= model.all_read(model.clusters, "site_clusters")
    for name in model.fabrics if complete else ():
        if name not in used_fabrics | _other_users(model):
            message, fix = "nothing uses this fabric", "Use it, or remove it."
            yield warning("unused-fabric", ("site_fabrics", name), message, fix)


def _groups_of_servers(model: Model) -> set[str]:
    """Groups whose hosts are servers of the cloud."""
    sets = set(model.openstack.servers if model.openstack else ())
    for cluster in model.clusters.values():
        sets |= {pool.servers or "" for pool in (cluster.control_plane, *cluster.workers.values())}
    return {servers_group(name) for name in sets}


def _other_users(model: Model) -> set[str]:
    cloud = model.openstack.networks.values() if model.openstack else ()
    pods = (fabric for cluster in model.clusters.values() for fabric in cluster.fabrics)
    tenants = (name for name, f in model.fabrics.items() if f.vlan_ranges and model.openstack)
    deployed = model.openstack.deployment if model.openstack else None
    roles = deployed.fabrics.model_dump(exclude_none=True).values() if deployed else ()
    return {network.fabric for network in cloud} | set(pods) | set(tenants) | set(roles)


def _references(model: Model, name: str) -> Iterator[Problem]:
    group, path = model.host_groups[name], ("site_host_groups", name)
    for number, profile in enumerate(group.nic_profiles):
        here = (*path, "nic_profiles", number)
        yield from dangling(model, "nic_profile", profile, here, "site_nic_profiles")
        if profile in group.nic_profiles[:number]:
            yield error("duplicate-profile", here, "is there twice", "Keep one.", profile)
    for fabric in group.fabrics:
        yield from dangling(model, "fabric", fabric, (*path, "fabrics", fabric), "site_fabrics")
    where = (*path, "management", "fabric")
    yield from dangling(model, "fabric", group.management.fabric, where, "site_fabrics")


def group_view(model: Model, name: str) -> HostView | None:
    """A host of the group without number or address; None if a part of it cannot be read."""
    group = model.host_groups.get(name)
    if group is None:
        return None
    wanted = [*group.fabrics, group.management.fabric]
    known = set(model.nic_profiles).issuperset(group.nic_profiles)
    if not known or not set(model.fabrics).issuperset(wanted):
        return None
    return HostView(
        name="",
        group_name=name,
        index=0,
        address="",
        group=group,
        profiles={profile: model.nic_profiles[profile] for profile in group.nic_profiles},
        fabrics={fabric: model.fabrics[fabric] for fabric in wanted},
    )


def check_group(view: HostView, path: Path) -> Iterator[Problem]:
    """The rules of one group, its keys below *path*."""
    for number, unit in enumerate(view.group.gate_units):
        if unit in view.group.gate_units[:number]:
            yield error("unit-name", (*path, "gate_units", number), "is there twice", "Keep one.")
    yield from _links(view, path)
    yield from _default_routes(view, path)
    yield from _interfaces(view, path)
    yield from check_management(view, path)
    yield from _pci(view, path)
    yield from _rdma(view, path)
    yield from check_kernel(view, path)
    if view.group.openvswitch:
        yield from check_bridges(view, path)


def _links(view: HostView, path: Path) -> Iterator[Problem]:
    bonds = list(dict.fromkeys(p.bond.name for p in view.profiles.values()))
    for name in view.group.fabrics:
        fabric, here = view.fabrics[name], (*path, "fabrics", name)
        link = view.link_of(name)
        if link is None:
            message = "it is open which NIC profile's bond carries the fabric"
            yield error("link-missing", here, message, f"Set link. {suggest('', bonds)}")
            continue
        profile = view.profile_of(link)
        if profile is None:
            message, fix = "is no bond of the group's NIC profiles", suggest(link, bonds)
            yield error("unknown-link", (*here, "link"), message, fix, link)
            continue
        if fabric.mtu > profile.mtu:
            message = f"carries fabric {name} with MTU {fabric.mtu} over {link} with {profile.mtu}"
            fix = "Raise the NIC profile's mtu, or lower the fabric's."
            yield error("mtu-path", here, message, fix)
        if fabric.lossless and profile.lossless is None:
            message = f"needs a lossless class, which the NIC of {link} has not"
            yield error("lossless-fabric", here, message, "Set lossless in the NIC profile.")
        if name == view.group.management.fabric:
            message, fix = "is the management fabric", "Hosts have that address already: remove it."
            yield error("management-fabric", here, message, fix)


def _default_routes(view: HostView, path: Path) -> Iterator[Problem]:
    chosen = [name for name, use in view.group.fabrics.items() if use.default_route]
    for name in chosen:
        here = (*path, "fabrics", name, "default_route")
        if view.fabrics[name].gateway is None:
            fix = "Set the fabric's gateway."
            yield error("default-route", here, f"fabric {name} has no gateway", fix)
        if name != chosen[0]:
            message, fix = f"goes over {chosen[0]} already", "Keep one default route."
            yield error("default-route", here, message, fix)


def _interfaces(view: HostView, path: Path) -> Iterator[Problem]:
    """Names that the host will have: short enough and each there once."""
    seen: dict[str, str] = {}
    said: set[tuple[str, str]] = set()
    for name, what, where in _all_names(view, path):
        if len(name) > INTERFACE_LENGTH and what.startswith("VLAN"):
            message = f"{what} {name!r} has {len(name)} characters, above {INTERFACE_LENGTH}"
            yield error("interface-length", where, message, "Shorten the bond's name.")
        if name in seen and (what, seen[name]) not in said:
            said.add((what, seen[name]))  # once for all VFs of a NIC
            message = f"{what} {name!r} has the same name as {seen[name]}"
            yield error("interface-duplicate", where, message, "Rename one of them.")
        seen.setdefault(name, what)


def _all_names(view: HostView, path: Path) -> Iterator[tuple[str, str, Path]]:
    own = view.group.management.interface
    ports = [port.name for profile in view.profiles.values() for port in profile.ports]
    if own not in {*ports, *(name for p in view.profiles.values() for name in above(view, p))}:
        # else check_management speaks
        yield own, "management", (*path, "management", "interface")
    for number, (name, profile) in enumerate(view.profiles.items()):
        here = (*path, "nic_profiles", number)
        for port in profile.ports:
            yield port.name, f"a port of {name}", here
        yield profile.bond.name, f"the bond of {name}", here
        for interface in vf_interfaces(profile):
            yield interface, f"a VF of {name}", here
        for interface in representors(profile):
            yield interface, f"a representor of {name}", here
    for bridge in view.group.openvswitch.bridges if view.group.openvswitch else ():
        yield bridge, "bridge", (*path, "openvswitch", "bridges", bridge)
    for fabric in view.group.fabrics:
        link, vlan = view.link_of(fabric), view.fabrics[fabric].vlan
        if link and vlan:
            yield (
                vlan_interface(link, vlan),
                f"VLAN interface of {fabric}",
                (*path, "fabrics", fabric),
            )
        elif link:
            yield f"{link} untagged", f"the address on {fabric}", (*path, "fabrics", fabric)


def _pci(view: HostView, path: Path) -> Iterator[Problem]:
    pci: dict[str, str] = {}
    for number, (name, profile) in enumerate(view.profiles.items()):
        for address in (p.pci_address or f"{p.device}/{p.port}" for p in profile.ports):
            if pci.get(address, name) != name:
                message = f"port {address} is in {pci[address]} and in {name}"
                fix = "A port belongs to one NIC profile of a host."
                yield error("pci-duplicate", (*path, "nic_profiles", number), message, fix)
            pci.setdefault(address, name)


def _rdma(view: HostView, path: Path) -> Iterator[Problem]:
    own = view.group.rdma
    drivers = {profile.driver for profile in view.profiles.values()}
    used = any(view.fabrics[name].rdma for name in view.group.fabrics)
    if own.kind == "native" and used and drivers - {"mlx5_core"}:
        message = f"{' and '.join(sorted(drivers - {'mlx5_core'}))} has no RDMA of its own"
        yield error("rdma-kind", (*path, "rdma", "kind"), message, "Use rxe.", own.kind)
    classes = {n: p.lossless for n, p in view.profiles.items() if p.lossless}
    for name, lossless in classes.items():
        priority = own.dscp >> 3
        where = ("site_nic_profiles", name, "lossless", "pfc_priorities")
        if lossless.trust == "dscp" and priority not in lossless.pfc_priorities:
            message = f"lack priority {priority}, in which DSCP {own.dscp} of RDMA travels"
            fix = f"Add {priority}, or change the group's rdma.dscp."
            yield error("lossless-priority", where, message, fix)
    if len(set(map(repr, classes.values()))) > 1:
        message, fix = "have different lossless classes", "Make them the same."
        yield error("lossless-differs", (*path, "nic_profiles"), message, fix)

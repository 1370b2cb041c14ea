"""Rules of the cloud's deployment: groups, fabrics, addresses of the APIs, switches."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from ..derive.datapath import hw_tc_offload
from ..model import Model
from ..problems import Path, Problem, suggest
from ..sections.deployment import PURPOSES, Deployment
from ..sections.hosts import HostGroup
from ..sections.openstack import OpenStack
from ..sections.scalars import parse_cpu_set, parse_range
from .fabrics import ends
from .report import dangling, error, warning

PATH: Path = ("site_openstack", "deployment")
#: What the kit knows how to write for.
RELEASES = ("2025.2", "2026.1")


def check(model: Model, hosts: Mapping[str, str]) -> Iterator[Problem]:
    """All rules of the deployment; *hosts*: their names by management address."""
    cloud = model.openstack
    yield from _cpu_sets(model)
    if cloud is None or cloud.deployment is None:
        return
    wanted = cloud.deployment
    if cloud.release not in RELEASES:
        message = "is not a release that the kit writes a deployment for"
        fix = f"Use one of {', '.join(RELEASES)}, or remove deployment."
        yield error("deployment-release", ("site_openstack", "release"), message, fix)
    for role, fabric in roles(wanted).items():
        yield from dangling(model, "fabric", fabric, (*PATH, "fabrics", role), "site_fabrics")
    yield from _addresses(model, wanted, hosts)
    yield from _switches(cloud, wanted)
    yield from _bare_metal(model, cloud, wanted)
    if model.all_read(model.host_groups, "site_host_groups"):
        groups = {n: g for n, g in model.host_groups.items() if g.purpose in PURPOSES}
        yield from _groups(model, groups)
        yield from _on_fabrics(model, wanted, groups)
        yield from _firewall(model, wanted, groups)
        yield from _pinned(cloud, groups)


def roles(wanted: Deployment) -> dict[str, str]:
    """The fabrics that are named, by their role."""
    named = wanted.fabrics.model_dump(exclude_none=True)
    return {role: str(fabric) for role, fabric in named.items()}


def _groups(model: Model, groups: Mapping[str, HostGroup]) -> Iterator[Problem]:
    have = {group.purpose for group in groups.values()}
    for purpose in ("controller", "compute"):
        if purpose not in have:
            message, fix = f"needs hosts of purpose {purpose}", "Add a host group."
            yield error("deployment-group", PATH, message, fix)
    known = {n: g for n, g in groups.items() if g.management.fabric in model.fabrics}
    first = next(iter(known.values()), None)
    for name, group in known.items():
        if first and group.management.fabric != first.management.fabric:
            message = f"is not {first.management.fabric}, by which Kayobe reaches the other hosts"
            fix = "Use one management fabric for all hosts of the cloud."
            path = ("site_host_groups", name, "management", "fabric")
            yield error("deployment-group", path, message, fix)


def _on_fabrics(
    model: Model, wanted: Deployment, groups: Mapping[str, HostGroup]
) -> Iterator[Problem]:
    """Each group has an address on the fabrics that its services use."""
    of_all = ("internal", "tunnel", "storage")
    of_controllers = ("public", "provisioning", "cleaning", "inspection")
    for role, fabric in roles(wanted).items():
        for name, group in groups.items():
            needs = role in of_all or (role in of_controllers and group.purpose == "controller")
            if role == "tunnel" and group.purpose == "storage":
                needs = False
            on = {*group.fabrics, group.management.fabric}
            if needs and fabric in model.fabrics and fabric not in on:
                message = f"hosts of {name} are not on it, and their services use it"
                fix = f"Add it to fabrics of the group, or choose another for {role}."
                yield error("deployment-fabric", (*PATH, "fabrics", role), message, fix, fabric)


def _addresses(model: Model, wanted: Deployment, hosts: Mapping[str, str]) -> Iterator[Problem]:
    public = wanted.fabrics.public or wanted.fabrics.internal
    apart = public != wanted.fabrics.internal
    where = (*PATH, "external_vip_address")
    if apart and wanted.external_vip_address is None:
        message, fix = f"is missing: public APIs are on {public}", "Set it."
        yield error("vip-address", PATH, f"external_vip_address {message}", fix)
    if not apart and wanted.external_vip_address is not None:
        fix = "Remove it, or set fabrics.public."
        yield error("vip-address", where, "is not needed: both APIs are on one fabric", fix)
        return
    for key, fabric in (("internal", wanted.fabrics.internal), ("external", public)):
        text = getattr(wanted, f"{key}_vip_address")
        if text:
            yield from _vip(model, text, fabric, (*PATH, f"{key}_vip_address"), hosts)


def _vip(
    model: Model, text: str, name: str, path: Path, hosts: Mapping[str, str]
) -> Iterator[Problem]:
    fabric, address = model.fabrics.get(name), ipaddress.ip_address(text)
    if fabric is None:
        return
    subnet, fix = ipaddress.ip_network(fabric.subnet or "0.0.0.0/32"), "Choose a free one."
    wrong = ""
    if address not in subnet:
        wrong = f"is not in the subnet of fabric {name}"
    elif address in ends(subnet):
        wrong = f"is the network or broadcast address of fabric {name}"
    elif text == fabric.gateway:
        wrong = f"is the gateway of fabric {name}"
    elif text in hosts:
        wrong = f"is the address of host {hosts[text]}"
    for kind, span in fabric.ranges.model_dump(exclude_none=True).items():
        first, last = parse_range(span)
        if first.version == address.version and first <= address <= last:
            wrong = f"is in the range for {kind} of fabric {name}"
    if wrong:
        yield error("vip-address", path, wrong, fix, text)


def _switches(cloud: OpenStack, wanted: Deployment) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, switch in wanted.switches.items():
        path = (*PATH, "switches", name)
        if (switch.password_variable is None) == (switch.key_file is None):
            message, fix = "needs one way to log in", "Set password_variable or key_file."
            yield error("switch-login", path, message, fix)
        for key, value in (("address", switch.address), ("mac_address", switch.mac_address)):
            if value in seen:
                message, fix = f"is that of switch {seen[value]}", "Correct one of them."
                yield error("switch-duplicate", (*path, key), message, fix, value)
            elif value:
                seen[value] = name
    macs = {switch.mac_address for switch in wanted.switches.values()}
    for name, node in cloud.nodes.items() if wanted.switches else ():
        for number, port in enumerate(node.ports):
            link = port.link
            if link and link.switch_info not in wanted.switches and link.switch_id not in macs:
                path = ("site_openstack", "nodes", name, "ports", number, "link")
                message = "leads to no switch of the deployment: its VLAN will not be set"
                fix = suggest(link.switch_info, wanted.switches)
                yield warning("unknown-switch", path, message, fix)


def _bare_metal(model: Model, cloud: OpenStack, wanted: Deployment) -> Iterator[Problem]:
    real = [name for name, node in cloud.nodes.items() if node.driver != "fake-hardware"]
    if real and wanted.fabrics.provisioning is None:
        message = f"provisioning is missing: node {real[0]} boots over nothing"
        yield error("provisioning-missing", (*PATH, "fabrics"), message, "Set provisioning.")
    for role in ("provisioning", "cleaning"):
        name = getattr(wanted.fabrics, role)
        fabric = model.fabrics.get(name or "")
        if fabric and not fabric.ranges.vms:
            path = (*PATH, "fabrics", role)
            message = f"fabric {name} has no range for VMs, of which nodes take addresses"
            yield error("range-missing", path, message, "Set ranges.vms of the fabric.", name)


def _firewall(
    model: Model, wanted: Deployment, groups: Mapping[str, HostGroup]
) -> Iterator[Problem]:
    if wanted.firewall_driver != "iptables_hybrid":
        return
    for name, group in groups.items():
        profiles = [model.nic_profiles.get(profile) for profile in group.nic_profiles]
        if group.purpose == "compute" and any(p and p.vfs and hw_tc_offload(p) for p in profiles):
            message = f"keeps the flows of {name}'s VFs out of the NIC"
            fix = "Use openvswitch, or noop where ports need no filter."
            where = (*PATH, "firewall_driver")
            yield error("firewall-offload", where, message, fix, wanted.firewall_driver)
            return


def _pinned(cloud: OpenStack, groups: Mapping[str, HostGroup]) -> Iterator[Problem]:
    if any(g.purpose == "compute" and g.cpu_dedicated_set for g in groups.values()):
        return
    for name, flavor in cloud.flavors.items():
        if flavor.kind == "vm" and flavor.cpu_policy == "dedicated":
            path = ("site_openstack", "flavors", name, "cpu_policy")
            message = "no compute host has CPUs to pin"
            fix = "Set cpu_dedicated_set of a compute group."
            yield warning("flavor-cpus", path, message, fix, "dedicated")


def _cpu_sets(model: Model) -> Iterator[Problem]:
    for name, group in model.host_groups.items():
        if group.cpu_dedicated_set and group.cpu_shared_set:
            both = parse_cpu_set(group.cpu_dedicated_set) & parse_cpu_set(group.cpu_shared_set)
            if both:
                path = ("site_host_groups", name, "cpu_shared_set")
                message = f"has CPU {min(both)}, which is in cpu_dedicated_set"
                yield error("cpu-overlap", path, message, "Give each CPU to one of them.")

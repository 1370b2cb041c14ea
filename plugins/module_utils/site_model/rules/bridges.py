"""Rules of Open vSwitch bridges in a host group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..problems import Path, Problem, suggest
from ..sections.fabrics import Fabric
from ..sections.hosts import HostGroup
from ..view import HostView
from .report import error


def check_bridges(view: HostView, path: Path) -> Iterator[Problem]:
    """All rules of the group's bridges; its keys are below *path*."""
    if view.group.openvswitch is None:
        return
    owner: dict[str, str] = {}
    wires: dict[str, str] = {}
    for name, bridge in view.group.openvswitch.bridges.items():
        here = (*path, "openvswitch", "bridges", name)
        for number, port in enumerate(bridge.ports):
            yield from _port(view, port, bridge.mtu, here, number)
            if port in owner:
                fix = "A bond is in one bridge."
                where = (*here, "ports", number)
                yield error("bridge-port", where, f"is in bridge {owner[port]}", fix, port)
            owner.setdefault(port, name)
        switchdev = [view.profile_of(port) for port in bridge.ports]
        if bridge.representors == "all" and not any(
            profile and profile.eswitch_mode == "switchdev" for profile in switchdev
        ):
            message, fix = (
                "none of its ports' NICs has representors",
                "Use eswitch_mode: switchdev.",
            )
            yield error("representors", (*here, "representors"), message, fix, "all")
        if bridge.physical_network in wires and bridge.physical_network:
            message = f"is where bridge {wires[bridge.physical_network]} leads to"
            where, fix = (*here, "physical_network"), "One bridge leads to a physical network."
            yield error("bridge-network", where, message, fix, bridge.physical_network)
        if bridge.physical_network and not bridge.ports:
            message, fix = "leads to it without a port", "Name the bond that is the way."
            yield error("bridge-port", (*here, "ports"), message, fix, bridge.ports)
        if bridge.physical_network:
            wires.setdefault(bridge.physical_network, name)
    yield from _untagged(view, owner, path)


def _port(view: HostView, port: str, mtu: int | None, here: Path, number: int) -> Iterator[Problem]:
    profile = view.profile_of(port)
    where = (*here, "ports", number)
    if profile is None:
        bonds = [p.bond.name for p in view.profiles.values()]
        members = [p.name for profile in view.profiles.values() for p in profile.ports]
        message, fix = "is no bond of the group's NIC profiles", suggest(port, bonds)
        if port in members:
            message, fix = "is a member of a bond", f"Put the bond into the bridge: {bonds}."
        yield error("bridge-port", where, message, fix, port)
    elif mtu is not None and mtu > profile.mtu:
        message, fix = f"is above the MTU of {port}, {profile.mtu}", "Lower it, or raise the NIC's."
        yield error("mtu-path", (*here, "mtu"), message, fix, mtu)


def _untagged(view: HostView, owner: dict[str, str], path: Path) -> Iterator[Problem]:
    """Open vSwitch takes all untagged packets of a port: the host would never see its own."""
    bridges = view.group.openvswitch.bridges if view.group.openvswitch else {}
    for name in view.group.fabrics:
        fabric, link = view.fabrics[name], view.link_of(name)
        if link not in owner:
            continue
        here = (*path, "fabrics", name)
        if fabric.vlan is None:
            message = f"an untagged host address on {link} never works: it is in {owner[link]}"
            yield error("untagged-bridge", here, message, "Give the fabric a VLAN.")
        wire = bridges[owner[link]].physical_network
        if wire and fabric.physical_network and wire != fabric.physical_network:
            message = f"is on {fabric.physical_network}, and {link} leads to {wire}"
            yield error("link-network", here, message, "Use the link of that physical network.")


def check_physical_networks(
    group: HostGroup, fabrics: Mapping[str, Fabric], path: Path
) -> Iterator[Problem]:
    """Bridges lead to physical networks of fabrics, with room for their packets."""
    known = {fabric.physical_network for fabric in fabrics.values() if fabric.physical_network}
    for name, bridge in group.openvswitch.bridges.items() if group.openvswitch else ():
        wire = bridge.physical_network
        if wire and wire not in known:
            where = (*path, "openvswitch", "bridges", name, "physical_network")
            message, fix = "is the physical network of no fabric", suggest(wire, known)
            yield error("unknown-physical-network", where, message, fix, wire)
        needed = {f.mtu: n for n, f in fabrics.items() if wire and f.physical_network == wire}
        most = max(needed, default=0)
        if bridge.mtu is not None and bridge.mtu < most:
            where = (*path, "openvswitch", "bridges", name, "mtu")
            message = f"is below the MTU of fabric {needed[most]}, {most}"
            yield error("mtu-path", where, message, "Raise it, or lower the fabric's.")

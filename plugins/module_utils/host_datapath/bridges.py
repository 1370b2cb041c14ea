"""Open vSwitch in the order: ports that must go first, the rest once the LAG is active."""

from __future__ import annotations

from ..converge import Step
from ..system import System
from . import eswitch
from . import openvswitch as ovs
from .drivers.base import Facts
from .kernel import read_links
from .paths import ALL
from .record import of
from .spec import Bridge, OpenVSwitch, Spec
from .work import Work


def unplug(system: System, spec: Spec, switch: Facts) -> list[Step]:
    """Take the kit's ports out of bridges where the model has them no more."""
    steps = []
    wanted = _wanted(spec)
    moving = {port for ports in wanted.values() for port in ports}
    for bridge, known in switch.get("bridges", {}).items():
        ports = [p for p, facts in known["ports"].items() if facts["ours"] and p not in moving]
        if ports:
            steps.append(_unplug_step(system, spec.openvswitch, bridge, sorted(ports)))
    return steps


def lay_down(
    system: System, spec: Spec, works: list[Work], facts: Facts, phase: str
) -> tuple[list[Step], list[str]]:
    """Keys, restart, bridges and ports; returns steps and warnings."""
    model, switch = spec.openvswitch, facts["openvswitch"]
    if model is None:
        return [], []
    if model.runtime == "kolla":
        if phase != ALL:
            return [], []  # the container starts after this unit, with its bridges
        if switch["state"] != ovs.RUNNING:
            return [], ["Open vSwitch's container does not run yet: bridges are made once it does"]
    steps: list[Step] = []
    if switch["state"] != ovs.RUNNING and not ovs.package_starts_it(system, switch):
        steps.append(ovs.service_step(system, model))
    wrong = ovs.wrong_keys(model, switch)
    if wrong:
        steps.append(ovs.keys_step(system, model, switch, wrong))
    if "hw-offload" in wrong or switch.get("restart_pending"):
        steps.append(ovs.restart_step(system, model))
    warnings = []
    for bridge in model.bridges:
        known = switch.get("bridges", {}).get(bridge.name)
        ports = []
        for port in ovs.bridge_ports(spec, bridge):
            other = ovs.bridge_of(switch, port)
            if (
                other
                and other != bridge.name
                and not switch["bridges"][other]["ports"][port]["ours"]
            ):
                warnings.append(f"{port} is in bridge {other}, where something else has put it")
            elif known is None or not known["ports"].get(port, {}).get("ours"):
                ports.append(port)
        stale_mtu = known is not None and bridge.mtu and known["mtu_request"] != bridge.mtu
        up = facts["links"].get(bridge.name, {}).get("up")
        if known is None or not known["ours"] or ports or stale_mtu or not up:
            steps.append(_bridge_step(system, model, bridge, switch, ports))
    for work in works:
        steps += _representors(system, spec, work)
    return steps, warnings


def retire(system: System, spec: Spec, facts: Facts) -> tuple[list[Step], list[str], list[str]]:
    """Remove bridges that left the model; returns steps, records to keep, lines."""
    switch = facts["openvswitch"]
    steps, kept, left = [], [], []
    for bridge in sorted(set(facts["applied"]["bridges"]) - set(of(spec)["bridges"])):
        known = switch.get("bridges", {}).get(bridge)
        if known is None:
            continue
        foreign = sorted(port for port, facts in known["ports"].items() if not facts["ours"])
        if foreign:
            kept.append(bridge)
            left.append(f"bridge {bridge} has ports of others: {', '.join(foreign)}")
        elif known["ours"]:
            steps.append(_remove_bridge_step(system, spec.openvswitch, bridge))
    return steps, kept, left


def _wanted(spec: Spec) -> dict[str, list[str]]:
    bridges = spec.openvswitch.bridges if spec.openvswitch else ()
    return {bridge.name: ovs.bridge_ports(spec, bridge) for bridge in bridges}


def _representors(system: System, spec: Spec, work: Work) -> list[Step]:
    """Representors in the kit's bridges are up and take offloaded flows."""
    bridged = {port for ports in _wanted(spec).values() for port in ports}
    now = work.facts["representors"]
    names = [n for p in work.owners for n in eswitch.representor_names(work.nic, p) if n in bridged]
    fresh = [n for n in names if n not in now]
    steps = []
    dull = [n for n in names if not (now.get(n, {}).get("hw_tc_offload") or "").startswith("on")]
    if (
        work.nic.hw_tc_offload
        and not work.drv.representors_offload
        and (dull or (names and work.touched))
    ):
        steps.append(eswitch.offload_step(system, names, f"{work.nic.name}-representors", on=True))
    if names and (fresh or work.touched or not all(now[n]["up"] for n in names)):
        steps.append(eswitch.up_step(system, names, f"{work.nic.name}-representors"))
    return steps


def _bridge_step(
    system: System, openvswitch: OpenVSwitch, bridge: Bridge, facts: Facts, ports: list[str]
) -> Step:
    """Make a bridge and put *ports* into it, out of the kit's other bridges."""
    words = ["--may-exist", "add-br", bridge.name]
    words += ["--", "br-set-external-id", bridge.name, ovs.TAG, bridge.name]
    if bridge.mtu:
        words += ["--", "set", "Interface", bridge.name, f"mtu_request={bridge.mtu}"]
    for port in ports:
        other = ovs.bridge_of(facts, port)
        if other and other != bridge.name:
            words += ["--", "del-port", other, port]
        words += ["--", "--may-exist", "add-port", bridge.name, port]
        words += ["--", "set", "Port", port, f"external_ids:{ovs.TAG}={bridge.name}"]
    known = facts.get("bridges", {}).get(bridge.name)

    def do() -> None:
        ovs.vsctl(system, openvswitch, *words)
        system.run("ip", "link", "set", "dev", bridge.name, "up")

    return Step(
        name=f"bridge:{bridge.name}",
        why="the model's bridge and its ports",
        do=do,
        proof=lambda: _bridge_problem(system, openvswitch, bridge, ports),
        before=sorted(known["ports"]) if known else "no bridge",
        after=sorted({*(known["ports"] if known else ()), *ports}),
        patience=10,
    )


def _bridge_problem(
    system: System, openvswitch: OpenVSwitch, bridge: Bridge, ports: list[str]
) -> str | None:
    now = ovs.answer(system, openvswitch)["bridges"].get(bridge.name)
    if now is None or not now["ours"]:
        return f"{bridge.name} is not in Open vSwitch's database as the kit's"
    if bridge.mtu and now["mtu_request"] != bridge.mtu:
        return f"{bridge.name} has not taken MTU {bridge.mtu}"
    for port in ports:
        facts = now["ports"].get(port)
        if facts is None or not facts["ours"]:
            return f"{port} is not in {bridge.name}"
        if facts["error"]:
            return f"{port} in {bridge.name}: {facts['error']}"
    link = read_links(system).get(bridge.name)
    return None if link and link["up"] else f"{bridge.name} is not up"


def _unplug_step(
    system: System, openvswitch: OpenVSwitch | None, bridge: str, ports: list[str]
) -> Step:
    """Take ports of the kit out of a bridge, all at once."""
    words: list[str] = []
    for port in ports:
        words += ["--", "--if-exists", "del-port", bridge, port]

    def problem() -> str | None:
        now = ovs.answer(system, openvswitch)
        left = [port for port in ports if ovs.bridge_of(now, port) == bridge]
        return f"{', '.join(left)} still in {bridge}" if left else None

    return Step(
        name=f"unplug:{bridge}",
        why="ports that the model has there no more",
        do=lambda: ovs.vsctl(system, openvswitch, *words[1:]),
        proof=problem,
        before=ports,
        after="in no bridge",
        disrupts="network",
    )


def _remove_bridge_step(system: System, openvswitch: OpenVSwitch | None, bridge: str) -> Step:
    """Remove a bridge of the kit that the model no longer names."""

    def problem() -> str | None:
        there = bridge in ovs.answer(system, openvswitch)["bridges"]
        return f"{bridge} still exists" if there else None

    return Step(
        name=f"remove:{bridge}",
        why="the model no longer names it",
        do=lambda: ovs.vsctl(system, openvswitch, "--if-exists", "del-br", bridge),
        proof=problem,
        before="exists",
        after="gone",
        disrupts="network",
    )

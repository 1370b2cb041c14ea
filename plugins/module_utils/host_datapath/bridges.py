"""Open vSwitch in the order: ports that must go first, the rest once the LAG is active."""

from __future__ import annotations

from ..converge import Step
from ..system import System
from . import eswitch
from . import openvswitch as ovs
from .drivers.base import Facts
from .paths import ALL
from .record import of
from .spec import Spec
from .work import Work


def unplug(system: System, spec: Spec, switch: Facts) -> list[Step]:
    """Take the kit's ports out of bridges where the model has them no more."""
    steps = []
    wanted = _wanted(spec)
    moving = {port for ports in wanted.values() for port in ports}
    for bridge, known in switch.get("bridges", {}).items():
        ports = [p for p, facts in known["ports"].items() if facts["ours"] and p not in moving]
        if ports:
            steps.append(ovs.unplug_step(system, spec.openvswitch, bridge, sorted(ports)))
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
    if switch["state"] != ovs.RUNNING:
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
            steps.append(ovs.bridge_step(system, model, bridge, switch, ports))
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
            steps.append(ovs.remove_bridge_step(system, spec.openvswitch, bridge))
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

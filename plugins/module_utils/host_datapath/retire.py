"""What the kit made and the model no longer names: removed where safe, else left and listed."""

from __future__ import annotations

from typing import Any

from ..converge import Step
from ..system import System
from . import bond, eswitch, sriov
from .drivers import driver
from .drivers.base import Facts
from .record import of
from .spec import Bond, Nic, Port, Spec
from .users import users_of


def devices(system: System, facts: Facts) -> tuple[list[Step], dict[str, Any], list[str]]:
    """Take VFs off devices that left the model; returns steps, records to keep, lines."""
    steps: list[Step] = []
    kept: dict[str, Any] = {}
    left: list[str] = []
    for handle, old in facts["retired"].items():
        port = Port(**old["port"])
        drv = driver(old["driver"])
        nic = Nic(name=port.name, driver=old["driver"], ports=(port,), bond=Bond(""))
        bound = [vf for vf in old["vfs"] if vf.get("driver")]
        used = users_of(system, [(port, vf) for vf in bound], facts["links"])
        if used:
            kept[handle] = {"driver": old["driver"], "port": old["port"]}
            left += used.values()
            continue
        if bound:
            why = "the model no longer names the device"
            steps.append(sriov.unbind_step(system, nic, port, bound, why))
        disrupts = "network" if facts["links"].get(port.name, {}).get("master") else ""
        if old["eswitch_mode"] == "switchdev":
            steps.append(eswitch.mode_step(system, drv, port, "switchdev", "legacy", disrupts))
        if old["vfs"]:
            steps.append(sriov.create_step(system, drv, port, len(old["vfs"]), 0, disrupts))
    return steps, kept, left


def links(system: System, spec: Spec, facts: Facts) -> tuple[list[Step], list[str], list[str]]:
    """Remove bonds and VLANs that left the model; returns steps, records to keep, lines."""
    gone, left = removable(spec, facts)
    return [bond.delete_step(system, name) for name in gone], sorted(left), list(left.values())


def removable(spec: Spec, facts: Facts) -> tuple[list[str], dict[str, str]]:
    """Bonds and VLANs that left the model, VLANs first; those in use with who uses them."""
    known = facts["links"]
    gone = set(facts["applied"]["links"]) - set(of(spec)["links"])
    gone = {name for name in gone if known.get(name, {}).get("kind") in ("bond", "vlan")}
    ports = {p.name for nic in spec.nics for p in nic.ports}
    ports |= {d["port"]["name"] for d in facts["applied"]["devices"].values()}
    left: dict[str, str] = {}
    # a bond stays with whatever stays on it
    order = sorted(gone, key=lambda n: (known[n]["kind"] != "vlan", n))
    for name in order:
        users = [u for u in _users(name, known) if u not in (gone - set(left)) | ports]
        if users:
            left[name] = f"{name} is used by {', '.join(users)}"
    return [name for name in order if name not in left], left


def _users(name: str, known: dict[str, Facts]) -> list[str]:
    return sorted(n for n, v in known.items() if name in (v["lower"], v["master"]))

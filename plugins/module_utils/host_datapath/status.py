"""A host's datapath in short, for people and programs that watch it."""

from __future__ import annotations

from typing import Any

from ..system import System
from . import bond, gate
from .engine import Datapath
from .guard import Guard, GuardError, describe
from .paths import REASON
from .spec import Nic, Spec

Facts = dict[str, Any]


def status(system: System, spec: Spec) -> Facts:
    """Gate, change, ports, bonds, networks, bridges; see ``show.status``."""
    facts = Datapath(system, spec).observe()
    ports: Facts = {}
    bonds: Facts = {}
    for nic in spec.nics:
        seen = facts["nics"][nic.name]
        ports.update({p.name: _port(nic, p, seen["ports"][p.name]) for p in nic.ports})
        bonds[nic.bond.name] = _bond(nic, seen["bond"])
    ovs = facts.get("openvswitch") or {}
    return {
        "host": spec.host,
        "network_manager": spec.network_manager,
        "gate": _gate(system),
        **_change(system),
        "ports": ports,
        "bonds": bonds,
        "networks": {n.interface: _network(facts["links"].get(n.interface)) for n in spec.networks},
        "openvswitch": ovs.get("state", "") if spec.openvswitch else "",
        "bridges": {name: sorted(b["ports"]) for name, b in ovs.get("bridges", {}).items()},
    }


def _gate(system: System) -> Facts:
    is_open = gate.is_open(system)
    reason = system.read(REASON) or "the datapath was not brought up since boot"
    return {"open": is_open, "reason": "" if is_open else reason}


def _change(system: System) -> Facts:
    guard = Guard(system)
    last = guard.last()
    try:
        pending = guard.pending()
    except GuardError as error:
        pending = {"since": "?", "state": str(error)}
    short = {key: pending[key] for key in ("since", "state")} if pending else None
    return {"pending": short, "last": describe(last) if last else ""}


def _port(nic: Nic, port: Any, seen: Facts) -> Facts:
    address = port.pci_address or f"{port.device}/{port.port}"
    if not seen["present"]:
        return {"address": address, "state": "missing"}
    bound = sum(1 for vf in seen["vfs"] if vf.get("driver"))
    named = seen["netdev"] in (None, port.name)
    state = "up" if seen["up"] else "down"
    return {
        "address": address,
        "state": state if named else f"{state}, named {seen['netdev']}",
        "mtu": seen["mtu"],
        "eswitch": seen["eswitch_mode"] or "legacy",
        "vfs": f"{len(seen['vfs'])} ({bound})",
    }


def _bond(nic: Nic, seen: Facts | None) -> Facts:
    if seen is None:
        return {"problem": "does not exist"}
    return {
        "mode": f"{seen['options'].get('mode')} {seen['options'].get('xmit_hash_policy')}",
        "members": seen["members"],
        "partner": seen["partner"],
        "problem": bond.state_problem(nic, seen),
    }


def _network(link: Facts | None) -> Facts:
    if link is None:
        return {"state": "missing", "addresses": []}
    return {"state": "up" if link["up"] else "down", "addresses": link["addresses"]}

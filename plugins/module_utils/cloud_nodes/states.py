"""Ironic's provision states: what may be done in each, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: They end by themselves.
PASSING = (
    "verifying", "cleaning", "clean wait", "inspecting", "inspect wait", "adopting", "deleting",
)  # fmt: skip
#: Someone's server is on the node, or is about to be.
USED = (
    "active", "deploying", "wait call-back", "deploy hold", "rebuild", "rescue", "rescuing",
    "rescue wait", "rescue failed", "unrescuing", "unrescue failed", "servicing", "service wait",
    "service failed", "service hold",
)  # fmt: skip
#: A failure → the verb that leads out of it, where no server is on the node.
WAYS_OUT = {
    "clean failed": "manage", "inspect failed": "manage", "adopt failed": "manage",
    "deploy failed": "deleted", "error": "deleted",
}  # fmt: skip
#: Ironic deletes a node in these; from the next ones one verb leads there.
DELETABLE = ("enroll", "manageable", "adopt failed")
NEAR_DELETABLE = ("available", "clean failed", "inspect failed")
#: Ironic sets maintenance after these by itself; taking it off is part of the way out.
OWN_FAULTS = ("clean failure",)
#: What the kit sets while it changes ports of an available node.
REASON = "slipway changes its ports"


class NodeFailed(RuntimeError):
    """A node does not come to its state; says why, and what to look at."""


@dataclass
class Needs:
    """What a node still needs beside its state."""

    inspect: bool = False
    clean: bool = False


@dataclass
class Tried:
    """What this run has done: verbs sent, a failure left behind, maintenance taken off."""

    verbs: list[str] = field(default_factory=list)
    rescued: bool = False
    opened: bool = False


def kept_away(seen: Mapping[str, Any]) -> str | None:
    """Why the kit does not touch the node's state; None where it may."""
    state = seen["provision_state"]
    if seen.get("instance_uuid"):
        return f"is in use: {state}, instance {seen['instance_uuid']}"
    if state in USED:
        return f"is in use: {state}"
    if state == "clean hold":
        return "is held in its cleaning: `openstack baremetal node unhold` lets it go on"
    if seen.get("retired"):
        return "is retired"
    if seen.get("maintenance") and not own_maintenance(seen):
        why = seen.get("fault") or seen.get("maintenance_reason") or "no reason given"
        return f"is in maintenance: {why}"
    return None


def own_maintenance(seen: Mapping[str, Any]) -> bool:
    """Set by a run of the kit that was cut, or by Ironic with a failure that has a way out."""
    return bool(seen.get("maintenance")) and (
        seen.get("maintenance_reason") == REASON or seen.get("fault") in OWN_FAULTS
    )


def next_move(seen: Mapping[str, Any], goal: str, needs: Needs, tried: Tried) -> str | None:
    """What to do with a node that may be touched.

    "wait" | "maintenance off" | "power off" | "inspect" | "clean" | "manage" | "provide" |
    "deleted"; None when it is in its state. Raises NodeFailed.
    """
    state = seen["provision_state"]
    if state in PASSING or seen.get("target_power_state"):
        return "wait"
    if state in WAYS_OUT:
        if tried.verbs or tried.rescued:
            raise NodeFailed(failure(seen, tried))
        return "maintenance off" if own_maintenance(seen) else WAYS_OUT[state]
    if own_maintenance(seen):
        if tried.opened:
            raise NodeFailed(failure(seen, tried))
        return "maintenance off"
    if state == "enroll":
        return _once("manage", seen, tried)
    if state not in ("manageable", "available"):
        raise NodeFailed(f"is in state {state!r}, of which the kit knows no way")
    if state == "available" and (needs.inspect or needs.clean or goal == "manageable"):
        return _once("manage", seen, tried)
    if needs.inspect:
        return _once("inspect", seen, tried)
    if needs.clean:
        return _once("clean", seen, tried)
    if seen.get("power_state") is None:
        return _once("power off", seen, tried)
    if state == "manageable" and goal == "available":
        return _once("provide", seen, tried)
    return None


def _once(verb: str, seen: Mapping[str, Any], tried: Tried) -> str:
    if tried.verbs and tried.verbs[-1] == verb:
        raise NodeFailed(failure(seen, tried))
    return verb


def failure(seen: Mapping[str, Any], tried: Tried) -> str:
    """One line: the verb that failed, Ironic's own words, and where to look."""
    said = " ".join(str(seen.get("last_error") or "Ironic gives no reason").split())
    verb = tried.verbs[-1] if tried.verbs else ""
    what = f"{verb} failed" if verb else "there was no way out"
    return f"{what}, it is in state {seen['provision_state']!r}: {said}. {LOOK.get(verb, _RAMDISK)}"


_BMC = "Look at the BMC's address, credentials and network."
_RAMDISK = "Look at the node's console and at ironic-conductor's log (ramdisk, DHCP, boot order)."
LOOK = {
    "manage": _BMC,
    "power off": _BMC,
    "clean": "Look at the names of BIOS settings, the RAID configuration and the node's console.",
}

"""What the doors (module, command, boot units) do with a host: one run each.

A plan that can cut the host off is handed to a unit of the host, guarded; the caller
waits for it with ``finish`` and confirms over a new connection with ``confirm``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..converge import ConvergeError, Cut, Journal, converge, failed
from ..system import System
from . import boot, gate, show
from .engine import Datapath
from .guard import APPLIED, APPLYING, Guard, GuardError
from .host import Host
from .paths import AFTER_NETWORK, BEFORE_NETWORK, JOURNAL, SPEC
from .spec import Spec, SpecError

#: Errors that a door reports in one line.
ERRORS = (ConvergeError, GuardError, SpecError, OSError, RuntimeError)


def saved_desired(system: System, path: str = SPEC) -> dict[str, Any]:
    """The desired state on the host. SpecError if it is missing or no JSON."""
    text = system.read(path)
    if text is None:
        raise SpecError(f"{path}: not there; the controller writes it")
    try:
        value = json.loads(text)
    except ValueError as error:
        raise SpecError(f"{path}: no JSON: {error}") from None
    if not isinstance(value, dict):
        raise SpecError(f"{path}: must be a mapping")
    return value


def preview(system: System, desired: dict[str, Any], connection: str = "") -> dict[str, Any]:
    """What a run would do. Changes nothing, takes no lock. Refusals are in the result."""
    subject = Host(system, Spec.from_dict(desired), connection)
    observed = subject.observe()
    plan = subject.plan(observed)
    pending = _pending(Guard(system))
    return {
        **_result(plan, observed, observed),
        "steps": [step.summary() for step in plan.steps],
        "diff": show.diff(plan.steps),
        "confirm_required": plan.disrupts_network or bool(plan and pending),
        "refusals": [str(refusal) for refusal in plan.refusals],
        "warnings": [*plan.warnings, *filter(None, [Guard(system).news()])],
    }


def present(system: System, desired: dict[str, Any], connection: str = "") -> dict[str, Any]:
    """Bring the host to *desired*.

    With ``confirm_required`` the host still works on it, or waits: call ``finish``, then
    ``confirm``. ConvergeError on refusals and failed steps, GuardError if the host is busy.
    """
    spec = Spec.from_dict(desired)
    guard = Guard(system)
    # a unit that was just started may not have the lock yet
    _wait(guard)
    with guard.lock("a run of host_datapath"):
        news = guard.news()
        subject = Host(system, spec, connection)
        observed = subject.observe()
        plan = subject.plan(observed)
        if plan.refusals:
            raise ConvergeError("refused", "; ".join(str(r) for r in plan.refusals))
        result = {**_result(plan, observed, observed), "diff": show.diff(plan.steps), "steps": []}
        result["warnings"] = [*plan.warnings, *([news] if news else [])]
        pending = _pending(guard)
        if not plan and pending:
            # all is in order, whoever brought it there
            pending = guard.applied(pending["change"], pending["result"])
            result.update(_to_confirm(pending, spec), changed=True)
            result["warnings"].append(f"took over the change of {pending['since']}, to confirm it")
        elif plan and (plan.disrupts_network or pending):
            if not system.exists(boot.COMMAND):
                raise GuardError(f"{boot.COMMAND} is missing: it carries out what can cut us off")
            record = guard.arm(desired, connection)
            guard.launch(record)
            result.update(_to_confirm(record, spec))
            result["steps"] = [step.summary() for step in plan.steps]
        elif plan:
            done = converge(subject, journal=Journal(system.path(JOURNAL)))
            keep = result["warnings"]
            result.update(done.as_dict(), warnings=keep)
        guard.reported()
    return result


def carry_out(
    system: System, change: str, between: Callable[[str], None] = lambda point: None
) -> dict[str, Any]:
    """The unit's work: apply the pending change, or undo it at the first step that fails."""
    guard = Guard(system)
    # the module's answer is still on its way over what is about to be cut
    system.sleep(1)
    with guard.lock("applying a guarded change"):
        record = guard.pending()
        if record is None or record["change"] != change or record["state"] != APPLYING:
            raise GuardError(f"change {change} is no longer to be applied")
        try:
            # a unit has no connection; what must not be cut is the one that asked
            connection = (record["connections"] or [""])[-1]
            subject = Host(system, Spec.from_dict(record["desired"]), connection)
            journal = Journal(system.path(JOURNAL))
            result = converge(subject, journal=journal, between=between).as_dict()
            guard.applied(change, result)
        except Cut:
            raise
        except Exception as error:  # a bug must not leave the host cut off either
            guard.roll_back(f"applying failed: {error}")
            raise
    return result


def finish(system: System, change: str = "") -> dict[str, Any]:
    """Wait until the host is done with its change. GuardError if it had to undo it."""
    guard = Guard(system)
    record = _wait(guard)
    if record is None:
        last = guard.confirm(change)  # raises with the reason unless it is confirmed already
        return {"confirmed": True, "confirm_required": False, **(last["result"] or {})}
    if record["state"] != APPLIED:
        raise GuardError("the unit that applied the change died; the host undoes it")
    return {
        **(record["result"] or {}),
        **_to_confirm(record, Spec.from_dict(record["desired"])),
        "confirmed": False,
    }


def confirm(system: System, change: str = "", connection: str = "") -> dict[str, Any]:
    """Keep the pending change. GuardError if it cannot be confirmed (any more)."""
    guard = Guard(system)
    with guard.lock("confirming"):
        try:
            last = guard.confirm(change, connection)
        finally:
            guard.reported()
    return {"confirmed": True, "confirm_required": False, "change": last["change"]}


def roll_back(system: System, change: str, cause: str) -> dict[str, Any] | None:
    """Undo the pending change; what timer, a dead unit and the operator call."""
    reasons = {
        "expired": "it was not confirmed in time",
        "died": "the unit that applied it died",
        "asked": "the operator asked for it",
    }
    guard = Guard(system)
    # the unit's end is no news when it has done its work
    unless = APPLIED if cause == "died" else ""
    with guard.lock("rolling back"):
        return guard.roll_back(reasons[cause], change=change, unless=unless)


def verified(system: System, desired: dict[str, Any]) -> dict[str, Any]:
    """All checks; ``failed`` names those that did not hold."""
    subject = Host(system, Spec.from_dict(desired))
    checks = list(subject.verify(subject.observe()))
    return {
        "checks": [vars(check) for check in checks],
        "failed": [check.name for check in failed(checks)],
    }


def at_boot(system: System, phase: str) -> str:
    """One boot unit's work; returns a line for the journal. The gate tells why on failure."""
    if system.read(SPEC) is None:
        return "nothing is desired on this host"
    desired = saved_desired(system)
    spec = Spec.from_dict(desired)
    guard = Guard(system)
    with guard.lock(f"boot {phase}"):
        try:
            subject = Datapath(system, spec, phase)
            if phase == AFTER_NETWORK and _was_late(subject):
                subject = Datapath(system, spec)
            done = converge(subject, journal=Journal(system.path(JOURNAL)))
        except (OSError, ValueError, RuntimeError, ConvergeError) as error:
            gate.close_gate(system, f"{phase}: {error}")
            raise
    text = ", ".join(step["name"] for step in done.steps) or "nothing to do"
    if phase == AFTER_NETWORK:
        late = boot.start_gated(system, spec.gate_units)
        text += f"; starting {', '.join(late)}" if late else ""
    elif phase == BEFORE_NETWORK and not gate.is_open(system):
        gate.close_gate(system, "the network is not up yet")
    return text


def _was_late(subject: Datapath) -> bool:
    """Whether the NIC was not ready before the network; then all steps are done after it."""
    refusals = subject.plan(subject.observe()).refusals
    return any(refusal.rule == "before-network" for refusal in refusals)


def _wait(guard: Guard) -> dict[str, Any] | None:
    try:
        return guard.await_end_of_apply()
    except GuardError:
        if _pending(guard) is None:
            return None  # a damaged record; arming a new change puts it aside
        raise


def _pending(guard: Guard) -> dict[str, Any] | None:
    try:
        return guard.pending()
    except GuardError:
        return None


def _to_confirm(record: dict[str, Any], spec: Spec) -> dict[str, Any]:
    return {
        "confirm_required": True,
        "change": record["change"],
        "confirm_timeout": spec.confirm_timeout,
    }


def _result(plan: Any, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {
        "changed": bool(plan.steps),
        "before": before,
        "after": after,
        "warnings": plan.warnings,
        "reboot_reasons": plan.reboot_reasons,
        "left": plan.left,
        "refusals": [],
        "confirm_required": False,
        "change": "",
    }

"""What modules of a subject with parts share: one run of it, as Ansible's answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from .converge import ConvergeError, Journal, Result, converge
from .host_kernel import Health, difference
from .system import System

#: Arguments beside the desired state: of every subject, and of those that may need a reboot.
VERIFY = {"verify": {"type": "bool", "default": False}}
ARGUMENTS = {
    "reboot": {"type": "bool", "default": False},
    "health": {"type": "bool", "default": False},
    **VERIFY,
}


def run(
    module: Any, system: System, subject_of: Callable[[], Any], journal: str,
    more: Callable[[Any], dict[str, Any]] = lambda after: {},
) -> None:  # fmt: skip
    """Bring the subject to its state and exit the module.

    subject_of  makes the subject, or several that come one after the other; a ValueError of it
                is a wrong argument.
    more        further keys of the answer, from the facts at the end.
    """
    try:
        made = subject_of()
        subjects = made if isinstance(made, list) else [made]
        results = [
            converge(subject, check=module.check_mode, journal=Journal(journal))
            for subject in subjects
        ]
    except (ConvergeError, OSError, ValueError, RuntimeError) as error:
        module.fail_json(msg=str(error))
    result = _together(results)
    if result.refusals:
        module.fail_json(msg="refused: " + "; ".join(result.refusals), refusals=result.refusals)

    for warning in result.warnings:
        module.warn(warning)
    if result.left:
        module.warn("left as it is: " + "; ".join(result.left))
    reasons, reboot = result.reboot_reasons, module.params.get("reboot", False)
    if reasons and not reboot:
        module.warn("needs a reboot (run with host_reboot=true): " + "; ".join(reasons))
    answer = {
        "changed": result.changed or (reboot and bool(reasons)),
        "steps": result.steps,
        "reboot_reasons": reasons,
        "reboot_required": bool(reasons),
        "left": result.left,
        "diff": difference(result.steps),
        **more(result.after),
    }
    if reboot:
        answer["diff"]["after"] += "".join(f"reboot: {reason}\n" for reason in reasons)
    if module.params.get("health"):
        answer["health"] = Health.of(system).as_dict()
    if module.params["verify"]:
        answer["checks"] = [
            asdict(check)
            for subject, each in zip(subjects, results, strict=True)
            for check in subject.verify(each.after)
        ]
    module.exit_json(**answer)


def _together(results: list[Result]) -> Result:
    """One result of several subjects' ones; the facts of all are in one mapping."""
    whole = results[0]
    for each in results[1:]:
        whole = Result(
            whole.changed or each.changed, whole.steps + each.steps,
            {**whole.before, **each.before}, {**whole.after, **each.after},
            whole.warnings + each.warnings, whole.reboot_reasons + each.reboot_reasons,
            whole.left + each.left, whole.refusals + each.refusals,
        )  # fmt: skip
    return whole

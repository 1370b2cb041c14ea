"""What modules of a subject with parts share: one run of it, as Ansible's answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from .converge import ConvergeError, Journal, converge
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

    subject_of  makes the subject; a ValueError of it is a wrong argument.
    more        further keys of the answer, from the facts at the end.
    """
    try:
        subject = subject_of()
        result = converge(subject, check=module.check_mode, journal=Journal(journal))
    except (ConvergeError, OSError, ValueError, RuntimeError) as error:
        module.fail_json(msg=str(error))
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
        answer["checks"] = [asdict(check) for check in subject.verify(result.after)]
    module.exit_json(**answer)

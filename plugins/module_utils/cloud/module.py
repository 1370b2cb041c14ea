"""What the cloud's modules share: arguments, and one run as Ansible's answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from ..converge import ConvergeError, Subject, converge
from .api import Cloud
from .marks import Mark
from .runner import side_by_side

ARGUMENTS = {
    "connection": {
        "type": "dict",
        "required": True,
        "options": {
            "cloud": {"type": "str", "required": True},
            "file": {"type": "path"},
            "ca": {"type": "path"},
            "parallel": {"type": "int", "default": 8},
            "timeout": {"type": "int", "default": 60},
        },
    },
    "site": {"type": "str", "required": True},
    "adopt": {"type": "bool", "default": False},
    "verify": {"type": "bool", "default": False},
}


def connected(module: Any) -> Cloud:
    """The cloud that the module's ``connection`` names. Raises CloudError."""
    to = module.params["connection"]
    return Cloud.connect(
        to["cloud"], file=to["file"], ca=to["ca"], timeout=to["timeout"], parallel=to["parallel"]
    )


def run(
    module: Any,
    subject_of: Callable[[Cloud, Mark], Subject],
    more: Callable[[Any], dict[str, Any]] = lambda after: {},
    *,
    at_once: int | None = None,
) -> None:
    """Bring the subject to its state and exit the module.

    subject_of  makes the subject; a ValueError of it is a wrong argument.
    more        further keys of the answer, from the facts at the end.
    at_once     steps of a kind at a time; unset: as many as calls.
    """
    try:
        cloud = connected(module)
        subject = subject_of(cloud, Mark(module.params["site"]))
        runner = side_by_side(at_once or cloud.parallel)
        result = converge(subject, check=module.check_mode, runner=runner)
    except (ConvergeError, OSError, ValueError, RuntimeError) as error:
        module.fail_json(msg=str(error))
    if result.refusals:
        module.fail_json(msg="refused: " + "; ".join(result.refusals), refusals=result.refusals)
    for warning in result.warnings:
        module.warn(warning)
    if result.left:
        module.warn("left as it is: " + "; ".join(result.left))
    answer = {
        "changed": result.changed,
        "steps": result.steps,
        "left": result.left,
        "diff": difference(result.steps),
        **more(result.after),
    }
    if module.params["verify"]:
        answer["checks"] = [asdict(check) for check in subject.verify(result.after)]
    module.exit_json(**answer)


def difference(steps: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Ansible's diff of steps' summaries: an object's name, below it a line for each attribute."""

    def side(key: str) -> str:
        lines = []
        for step in steps:
            value = step[key]
            if isinstance(value, dict):
                lines.append(step["name"])
                lines += [f"  {name}: {json.dumps(each, sort_keys=True)}"
                          for name, each in sorted(value.items())]  # fmt: skip
            else:
                lines.append(step["name"] + (" (absent)" if value is None else f": {value}"))
        return "".join(f"{line}\n" for line in lines)

    return {"before": side("before"), "after": side("after")}

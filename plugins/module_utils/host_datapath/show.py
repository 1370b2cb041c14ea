"""Results of ``slipway-datapath`` as text for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from ..converge import Step

Facts = dict[str, Any]


def status(facts: Facts) -> str:
    """Gate, last change, then a line for each port, bond, network and bridge."""
    gate = facts["gate"]
    rows = [("gate", "open" if gate["open"] else f"closed: {gate['reason']}")]
    if facts["pending"]:
        pending = facts["pending"]
        rows.append(("change", f"of {pending['since']} is {pending['state']}, not confirmed"))
    if facts["last"]:
        rows.append(("last change", facts["last"]))
    if facts["openvswitch"]:
        rows.append(("Open vSwitch", facts["openvswitch"]))
    parts = [table(rows)]
    ports = [
        (name, *(_text(port.get(key)) for key in ("address", "state", "mtu", "eswitch", "vfs")))
        for name, port in facts["ports"].items()
    ]
    parts.append(table([("PORT", "DEVICE", "STATE", "MTU", "ESWITCH", "VFS (BOUND)"), *ports]))
    bonds = [
        (name, *(_text(bond.get(key)) for key in ("mode", "members", "partner", "problem")))
        for name, bond in facts["bonds"].items()
    ]
    parts.append(table([("BOND", "MODE", "MEMBERS", "PARTNER", "PROBLEM"), *bonds]))
    if facts["networks"]:
        rows = [(n, _text(v["state"]), _text(v["addresses"])) for n, v in facts["networks"].items()]
        parts.append(table([("NETWORK", "STATE", "ADDRESSES"), *rows]))
    if facts["bridges"]:
        rows = [(name, _text(ports)) for name, ports in facts["bridges"].items()]
        parts.append(table([("BRIDGE", "PORTS"), *rows]))
    return "\n\n".join(parts)


def plan(result: Facts) -> str:
    """Refusals, steps with their reasons, and what else deserves a look."""
    lines = [f"refused: {refusal}" for refusal in result["refusals"]]
    steps = [(s["name"], s["why"], s["disrupts"]) for s in result["steps"]]
    if steps:
        lines.append(table([("STEP", "WHY", "DISRUPTS"), *steps]))
    elif not lines:
        lines.append("nothing to do")
    if result["confirm_required"] and not result["refusals"]:
        lines.append("it can cut the host off: it is undone unless it is confirmed")
    return "\n".join([*lines, *_notes(result)])


def done(result: Facts) -> str:
    """Steps that were done, and what is to do now."""
    steps = [(s["name"], f"{s['seconds']:.1f} s") for s in result["steps"] if "seconds" in s]
    lines = [table([("STEP", "TOOK"), *steps])] if steps else ["nothing to do"]
    if result.get("confirm_required"):
        seconds = result.get("confirm_timeout", "?")
        lines.append(
            f"undone in {seconds} s unless confirmed, over a new connection: "
            "slipway-datapath confirm"
        )
    return "\n".join([*lines, *_notes(result)])


def checks(result: Facts) -> str:
    """A line for each check; what to look at where it failed."""
    rows = [("", "CHECK", "EXPECTED", "GOT")]
    for check in result["checks"]:
        mark = "ok" if check["ok"] else "FAILED"
        rows.append((mark, check["name"], _text(check["expected"]), _text(check["got"])))
    lines = [table(rows)]
    for check in result["checks"]:
        if not check["ok"] and (check["look"] or check["step"]):
            step = f"broken step: {check['step']}. " if check["step"] else ""
            lines.append(f"{check['name']}: {step}{check['look']}")
    return "\n".join(lines)


def diff(steps: Iterable[Step]) -> list[dict[str, str]]:
    """Ansible's diff: one entry for each file, and one for all other steps together."""
    files: list[dict[str, str]] = []
    rest: dict[str, str] = {"before": "", "after": "", "before_header": "", "after_header": ""}
    for step in steps:
        if _is_files(step.before) and _is_files(step.after):
            files += [
                {
                    "before": step.before.get(path, ""),
                    "after": step.after.get(path, ""),
                    "before_header": path,
                    "after_header": f"{path} ({step.name})",
                }
                for path in sorted({*step.before, *step.after})
            ]
            continue
        for side, value in (("before", step.before), ("after", step.after)):
            text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
            rest[side] += f"{step.name}: {text}\n"
    rest["before_header"] = rest["after_header"] = "steps in their order"
    return [*files, *([rest] if rest["before"] or rest["after"] else [])]


def _is_files(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(str(k).startswith("/") for k in value)


def confirmed(result: Facts) -> str:
    return "confirmed"


def outcome(last: Facts) -> str:
    """How undoing ended."""
    lines = [last["outcome"], *(f"problem: {problem}" for problem in last.get("problems", ()))]
    return "\n".join(lines)


def table(rows: Iterable[Sequence[str]]) -> str:
    """Aligned columns."""
    rows = [tuple(row) for row in rows]
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(widths[n]) for n, cell in enumerate(row)).rstrip() for row in rows
    )


def _notes(result: Facts) -> list[str]:
    notes = [f"warning: {text}" for text in result.get("warnings", ())]
    notes += [f"reboot needed: {text}" for text in result.get("reboot_reasons", ())]
    return notes + [f"left: {text}" for text in result.get("left", ())]


def _text(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value)) or "-"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)

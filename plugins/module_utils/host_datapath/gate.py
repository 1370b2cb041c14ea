"""The gate: a file that is there while the datapath is in order, or a reason why it is not."""

from __future__ import annotations

from ..converge import Step
from ..system import System
from .paths import READY, REASON


def is_open(system: System) -> bool:
    return system.exists(READY)


def open_gate(system: System) -> None:
    """Let gated units start."""
    system.remove(REASON)
    system.write_file(READY, "")


def close_gate(system: System, reason: str) -> None:
    """Keep gated units out of service; *reason* is what the operator reads."""
    system.remove(READY)
    system.write_file(REASON, reason + "\n")


def open_step(system: System) -> Step:
    """The last step: only a datapath in order opens the gate."""
    return Step(
        name="gate:open",
        why="the datapath is in order",
        do=lambda: open_gate(system),
        proof=lambda: None if is_open(system) else f"{READY} is not there",
        before="closed",
        after="open",
    )


def close_step(system: System, reason: str) -> Step:
    """Keep services from starting while the datapath changes."""
    return Step(
        name="gate:close",
        why=reason,
        do=lambda: close_gate(system, reason),
        proof=lambda: f"{READY} is still there" if is_open(system) else None,
        before="open",
        after="closed",
    )

"""The gate: a file that is there while the datapath is in order, or a reason why it is not."""

from __future__ import annotations

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

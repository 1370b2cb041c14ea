"""How rules say what is wrong."""

from __future__ import annotations

from typing import Any

from ..problems import NOTE, WARNING, Path, Problem


def error(rule: str, path: Path, message: str, fix: str, value: Any = None) -> Problem:
    """What must be put right."""
    return Problem(rule, path, message, fix, value)


def warning(rule: str, path: Path, message: str, fix: str, value: Any = None) -> Problem:
    """What works and deserves a look."""
    return Problem(rule, path, message, fix, value, severity=WARNING)


def note(rule: str, path: Path, message: str, fix: str, value: Any = None) -> Problem:
    """What is worth knowing; nothing has to change."""
    return Problem(rule, path, message, fix, value, severity=NOTE)

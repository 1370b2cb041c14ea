"""How rules say what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..model import Model
from ..problems import NOTE, WARNING, Path, Problem
from ..view import unknown


def error(rule: str, path: Path, message: str, fix: str, value: Any = None) -> Problem:
    """What must be put right."""
    return Problem(rule, path, message, fix, value)


def warning(rule: str, path: Path, message: str, fix: str, value: Any = None) -> Problem:
    """What works and deserves a look."""
    return Problem(rule, path, message, fix, value, severity=WARNING)


def note(rule: str, path: Path, message: str, fix: str, value: Any = None) -> Problem:
    """What is worth knowing; nothing has to change."""
    return Problem(rule, path, message, fix, value, severity=NOTE)


def dangling(model: Model, what: str, name: str, asked: Path, *place: str) -> Iterator[Problem]:
    """A reference to an item that is not at *place*, unless what is there cannot be read."""
    names = model.names(*place)
    if name not in names and model.knows(*place):
        yield unknown(what, name, names, asked)

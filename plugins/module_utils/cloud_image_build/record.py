"""A built image and, beside it, the record of what it is."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import Any

from ..fetch import sha256_of
from ..system import System


@dataclass(frozen=True)
class Record:
    """``NAME.json`` beside ``NAME.<format>``.

    key       of all that it is made of.
    file      its name in the folder; size in bytes; modified: its mtime in ns.
    packages  "name version" each.
    """

    key: str
    file: str
    sha256: str
    size: int
    modified: int
    recipe: dict[str, Any] = field(default_factory=dict)
    builder: str = ""
    packages: list[str] = field(default_factory=list)


def path_of(folder: str, name: str) -> str:
    """Where the record is."""
    return os.path.join(folder, f"{name}.json")


def names(folder: str) -> list[str]:
    """Images that have a record."""
    return [each[:-5] for each in System().list(folder) if each.endswith(".json")]


def read(folder: str, name: str) -> Record | None:
    """None if there is none that can be read."""
    try:
        with open(path_of(folder, name), encoding="utf-8") as file:
            return Record(**json.load(file))
    except (OSError, ValueError, TypeError):
        return None


def write(folder: str, name: str, record: Record) -> None:
    """At once, as a cut may follow."""
    System().write_file(path_of(folder, name), json.dumps(asdict(record), indent=1) + "\n")


def fault(folder: str, record: Record) -> str:
    """What is wrong with its file, "" for nothing.

    One of the same size and time is not read again; Glance hashes what is uploaded anyway.
    """
    path = os.path.join(folder, record.file)
    try:
        found = os.stat(path)
    except OSError:
        return "its file is lost"
    if found.st_size == record.size and found.st_mtime_ns == record.modified:
        return ""
    return "" if sha256_of(path) == record.sha256 else "its file was changed"

"""A copy of an example site that a test changes and checks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible.module_utils.site_model.problems import Problem
from ansible.module_utils.site_model.validate import Report, validate

INVENTORIES = Path(__file__).resolve().parents[3] / "inventories"


@dataclass
class SiteCopy:
    """A site in a folder of its own; ``change`` edits a file, ``report`` validates."""

    folder: Path

    def change(self, file: str, old: str, new: str, count: int = 1) -> int:
        """Replace *old*, which must be there; the line (from 1) of the first change."""
        path = self.file(file)
        text = path.read_text()
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, count))
        return text[: text.index(old)].count("\n") + 1

    def add(self, file: str, text: str) -> int:
        """Append text; the line (from 1) at which it starts."""
        path = self.file(file)
        before = path.read_text()
        path.write_text(before + text)
        return before.count("\n") + 1

    def line(self, file: str, pattern: str) -> int:
        """The line (from 1) of the first match."""
        lines = self.file(file).read_text().splitlines()
        return next(n for n, line in enumerate(lines, 1) if re.search(pattern, line))

    def file(self, name: str) -> Path:
        """``hosts`` is the inventory's file, other names are files of group_vars/all."""
        return self.folder / ("hosts.yml" if name == "inventory" else f"group_vars/all/{name}.yml")

    def report(self) -> Report:
        return validate(self.folder)

    def errors(self) -> list[Problem]:
        """Errors only."""
        return self.report().of("error")

    def found(self) -> list[Problem]:
        """Errors and warnings."""
        return [problem for problem in self.report().problems if problem.severity != "note"]


@pytest.fixture
def site(tmp_path: Path) -> Callable[[str], SiteCopy]:
    """``site("example-rack")``: a copy of that inventory."""

    def copy(name: str) -> SiteCopy:
        folder = tmp_path / name.replace("/", "-")
        ignored = shutil.ignore_patterns("connection.yml")
        shutil.copytree(INVENTORIES / name, folder, ignore=ignored)
        return SiteCopy(folder)

    return copy

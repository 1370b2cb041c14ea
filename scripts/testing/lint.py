"""The linters: each counts as one test."""

import re

from common import CHECKOUT
from testing.job import Job


def jobs() -> list[Job]:
    """The slow one first: the others run beside it."""
    return [
        Job("lint-ansible-lint", ["ansible-lint", "--offline", "--nocolor"]),
        Job("lint-yamllint", ["yamllint", "--strict", "."]),
        Job("lint-ruff-check", ["ruff", "check"]),
        Job("lint-ruff-format", ["ruff", "format", "--check"]),
        Job("lint-shellcheck", ["shellcheck", *shell_scripts()]),
        Job("lint-reference", ["scripts/docs", "--check"]),
    ]


def shell_scripts() -> list[str]:
    """Every script of the repository whose first line names a shell."""
    found = []
    for place in (".ci", "lab", "roles", "scripts", "tests"):
        for path in sorted((CHECKOUT / place).rglob("*")):
            if path.is_file() and is_shell(path.open("rb").readline()):
                found.append(str(path.relative_to(CHECKOUT)))
    return found


def is_shell(first_line: bytes) -> bool:
    return re.match(rb"#!\s*(/usr/bin/env\s+)?(\S*/)?(ba|da)?sh\b", first_line) is not None

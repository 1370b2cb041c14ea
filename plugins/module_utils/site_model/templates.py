"""Values that are templates: only Ansible can resolve them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .problems import WARNING, Path, Problem
from .view import plain


def resolve(
    value: Any,
    path: Path,
    template: Callable[[str, str], Any] | None,
    problems: list[Problem],
) -> Any:
    """*value* with its templates resolved by *template*, which raises ValueError where it cannot.

    One that cannot be resolved stays as it is, with a problem of its own.
    """
    if isinstance(value, str) and ("{{" in value or "{%" in value):
        if template is None:
            message = "is a template, which only Ansible resolves: it was not checked"
            fix = "Run playbooks/validate.yml when all files can be read."
            problems.append(Problem("template", path, message, fix, value, severity=WARNING))
            return value
        try:
            return plain(template(value, str(path[1]) if path[0] == "hosts" else ""))
        except ValueError as error:
            message = f"cannot be resolved: {error}"
            fix = "Define what it names, or write the value itself."
            problems.append(Problem("template", path, message, fix, value))
            return value
    if isinstance(value, dict):
        return {k: resolve(v, (*path, k), template, problems) for k, v in value.items()}
    if isinstance(value, list):
        return [resolve(v, (*path, n), template, problems) for n, v in enumerate(value)]
    return value

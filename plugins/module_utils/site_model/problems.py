"""What is wrong in a model: where, which value, which rule, how to fix it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

Path = tuple[str | int, ...]
#: An error stops, a warning deserves a look, a note says what is worth knowing.
ERROR, WARNING, NOTE = "error", "warning", "note"


@dataclass(frozen=True)
class Problem:
    """One broken rule.

    rule     stable identifier, such as ``vf-count``.
    key      path of the key, such as ``site_nic_profiles.data.vfs``.
    message  what is wrong; fix: how to put it right.
    value    what is written there; None where nothing is.
    file     relative to the inventory; line: from 1, 0 where there is none.
    """

    rule: str
    path: Path
    message: str
    fix: str
    value: Any = None
    severity: str = ERROR
    file: str = ""
    line: int = 0

    @property
    def key(self) -> str:
        return dotted(self.path)

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        shown = self.value is not None and not isinstance(self.value, dict)
        value = f" = {shorten(self.value)}" if shown else ""
        key = f"{self.key}{value}: " if self.path else ""
        return f"{where}{key}{self.message} [{self.rule}] {self.fix}".rstrip()

    def as_dict(self) -> dict[str, Any]:
        """As plain data, the path as ``key``."""
        plain = asdict(self)
        del plain["path"]
        return {**plain, "key": self.key}


class ModelError(ValueError):
    """The model does not hold; ``problems`` says all that is wrong, the message the first."""

    def __init__(self, problems: list[Problem]) -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        advice = "; `playbooks/validate.yml` shows all of them with file and line"
        super().__init__(f"{problems[0]}{more}{advice}")
        self.problems = problems


def dotted(path: Path) -> str:
    """``a.b[0].c`` for ("a", "b", 0, "c")."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def shorten(value: Any, longest: int = 60) -> str:
    """A value as one short line."""
    text = value if isinstance(value, str) else repr(value)
    text = " ".join(text.split())
    return repr(text) if text == "" else text if len(text) <= longest else text[: longest - 1] + "…"


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name that looks most like *name*; None if none comes close."""
    found = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def suggest(name: object, known: Iterable[str]) -> str:
    """How to fix an unknown name: "did you mean", or what there is."""
    names = sorted(known)
    match = nearest(name, names)
    if match:
        return f"Did you mean {match!r}?"
    if not names:
        return "None is defined."
    return f"Known: {', '.join(names[:20])}{', …' if len(names) > 20 else ''}."

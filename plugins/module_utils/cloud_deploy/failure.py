"""What failed in a run of Ansible, in its own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

_TASK = re.compile(r"(?:TASK|RUNNING HANDLER) \[(.*)\] \**$")
_FATAL = re.compile(r"(?:fatal|failed): \[([^\]]+)\](?:: (\w+)!)?.*? => ?(.*)$")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_KEY = re.compile(r"\s+(msg|stderr|reason): (.*)$")
LONGEST = 600


def plain(line: str) -> str:
    """A line without colours and white space at its end."""
    return _COLOUR.sub("", line).rstrip()


def failure(lines: Sequence[str]) -> str:
    """Task, host and message of what failed last, or the last words if no task did.

    One line for each host of the last task that failed; "" for no output at all.
    """
    found = _fatal(lines)
    if found:
        task = found[-1][0]
        hosts = [(host, said) for name, host, said in found if name == task]
        said = {text for _, text in hosts}
        where = ", ".join(dict.fromkeys(host for host, _ in hosts))
        return f"{task}: {where}: {'; '.join(sorted(said))}"
    words = [line for line in lines if line.strip()]
    errors = [line for line in words if re.search(r"\bERROR\b|\berror:", line)]
    return " / ".join(line.strip() for line in (errors or words)[-3:])[:LONGEST]


def _fatal(lines: Sequence[str]) -> list[tuple[str, str, str]]:
    """(task, host, message) of all that failed and was not ignored."""
    found: list[tuple[str, str, str]] = []
    task = ""
    for number, line in enumerate(lines):
        named, fatal = _TASK.match(line), _FATAL.match(line)
        if named:
            task = named[1]
        elif fatal:
            message = _message(fatal[3], lines[number + 1 : number + 40])
            found.append((task, fatal[1], message or fatal[2] or "failed"))
        elif line.startswith("...ignoring") and found:
            found.pop()
    return found


def _message(rest: str, after: Iterable[str]) -> str:
    """The result's own message, from JSON on the line or YAML below it."""
    try:
        result = json.loads(rest)
    except ValueError:
        result = {}
    if isinstance(result, dict) and result:
        said = [str(result.get(key, "")) for key in ("msg", "stderr", "reason")]
        return _short(" ".join(text for text in said if text))
    words = []
    for line in after:
        if not line.startswith(" "):
            break
        key = _KEY.match(line)
        if key:
            words.append(key[2].strip("'\""))
    return _short(" ".join(words) or rest)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

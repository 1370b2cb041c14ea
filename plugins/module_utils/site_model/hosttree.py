"""Hosts and groups of YAML inventory files, with the position of every host's variables."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .problems import Path, Problem, suggest
from .sections.all import ASSEMBLED, HOST_VARIABLES, OPTIONS, SECTIONS
from .source import Source

_RANGE = re.compile(r"\[([0-9]+|[a-z]):([0-9]+|[a-z])(?::([0-9]+))?\]")
_GROUP_KEYS = ("hosts", "children", "vars")
MOST_HOSTS = 100_000


@dataclass
class Host:
    """A host of the inventory: its groups (with those above) and what the model reads of it."""

    name: str
    groups: set[str] = field(default_factory=set)
    variables: dict[str, Any] = field(default_factory=dict)

    def as_site_host(self) -> dict[str, Any]:
        """As ``site_host`` in group_vars/all/site.yml."""
        return {
            "name": self.name,
            "groups": sorted(self.groups),
            "index": self.variables.get("site_host_index", 0),
            "address": self.variables.get("ansible_host", ""),
            "overrides": self.variables.get("site_host_overrides") or {},
        }


class HostTree:
    """Hosts and groups, gathered file by file; ``finish`` adds the groups above.

    Positions of a host's variables go to *source* below ("hosts", name).
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.hosts: dict[str, Host] = {}
        self.parents: dict[str, set[str]] = {}
        self._file, self._local = "", source

    def read(self, tree: Mapping[str, Any], local: Source, name: str) -> None:
        """One file's groups; *local* has its positions, *name* is for messages."""
        self._file, self._local = name, local
        for group, body in tree.items():
            self._group(group, body, (group,))

    def finish(self) -> None:
        """Put every host into the groups above its own; everything is in ``all``."""
        for host in self.hosts.values():
            queue = list(host.groups)
            while queue:
                above = self.parents.get(queue.pop(), set()) - host.groups
                host.groups |= above
                queue += above
            host.groups.add("all")

    def take(self, host: Host, values: Mapping[str, Any], name: str) -> None:
        """Take over a host's variables, and refuse parts of the model among them."""
        for variable, value in values.items():
            if variable in HOST_VARIABLES or variable == "ansible_host":
                host.variables[variable] = value
            else:
                where = self.source.positions.get(("hosts", host.name, variable), (name, 1))
                misplaced(variable, value, f"host {host.name}", where, self.source)

    def _group(self, group: str, body: Any, path: Path) -> None:
        self.parents.setdefault(group, set())
        if body is None:
            return
        if not isinstance(body, dict):
            fix = "A group has hosts, children and vars."
            self._problem("type", path, "is not a map", fix, body)
            return
        for key in body.keys() - set(_GROUP_KEYS):
            fix = suggest(key, _GROUP_KEYS)
            self._problem("unknown-key", (*path, key), "is not a key of a group", fix, body[key])
        for key, value in self._entries(body, "vars", path):
            where = self._local.place((*path, "vars", key))
            misplaced(key, value, f"the vars of group {group}", where, self.source)
        for pattern, values in self._entries(body, "hosts", path):
            self._hosts(group, pattern, values, (*path, "hosts", pattern))
        for child, value in self._entries(body, "children", path):
            self.parents.setdefault(child, set()).add(group)
            self._group(child, value, (*path, "children", child))

    def _hosts(self, group: str, pattern: str, values: Any, path: Path) -> None:
        if values is not None and not isinstance(values, dict):
            fix = "Write the host's variables as name: value."
            self._problem("type", path, "is not a map", fix, values)
            values = None
        places = list(self._below(path, values))
        for name in expand(pattern):
            host = self.hosts.setdefault(name, Host(name))
            host.groups.add(group)
            for rest, place in places:
                self.source.positions.setdefault(("hosts", name, *rest), place)
            self.take(host, values or {}, self._file)

    def _below(self, path: Path, values: Any) -> Iterator[tuple[Path, tuple[str, int]]]:
        """Positions of *path* and of all keys of *values* below it, relative to it."""
        yield (), self._local.place(path)
        pairs: Iterable[tuple[Any, Any]] = ()
        if isinstance(values, dict):
            pairs = values.items()
        elif isinstance(values, list):
            pairs = enumerate(values)
        for key, value in pairs:
            for rest, place in self._below((*path, key), value):
                yield (key, *rest), place

    def _entries(self, body: Mapping[str, Any], key: str, path: Path) -> Iterator[tuple[str, Any]]:
        value = body.get(key)
        if value is not None and not isinstance(value, dict):
            fix = "Write one key for each, with a colon."
            self._problem("type", (*path, key), "is not a map", fix, value)
            return
        yield from (value or {}).items()

    def _problem(self, rule: str, path: Path, message: str, fix: str, value: Any) -> None:
        line = self._local.place(path)[1]
        problem = Problem(rule, path, message, fix, value, file=self._file, line=line)
        self.source.problems.append(problem)


def misplaced(
    variable: str, value: Any, place: str, where: tuple[str, int], source: Source
) -> None:
    """Say so where a variable of the model is not where the model reads it."""
    rule = "variable-place"
    if variable in SECTIONS:
        message, fix = f"does not belong into {place}", "Move it to group_vars/all/."
    elif variable in HOST_VARIABLES:
        message, fix = "is a host's own", "Move it to the host in the inventory, or to host_vars/."
    elif variable in ASSEMBLED:
        message, fix = "is assembled by the kit", "Remove it."
    elif variable.startswith("site_") and variable not in OPTIONS:
        rule, message = "unknown-key", "is not a variable of the model"
        fix = suggest(variable, [*SECTIONS, *HOST_VARIABLES])
    else:
        return
    problem = Problem(rule, (variable,), message, fix, value, file=where[0], line=where[1])
    source.problems.append(problem)


def expand(pattern: str) -> list[str]:
    """Host names of a pattern such as ``host-[01:20]``; at most MOST_HOSTS of them."""
    found = _RANGE.search(pattern)
    if not found:
        return [pattern]
    first, last, step = found[1], found[2], max(int(found[3] or 1), 1)
    if first.isdigit() and last.isdigit():
        width = len(first) if first.startswith("0") else 0
        middle: Iterable[str] = (
            str(number).zfill(width) for number in range(int(first), int(last) + 1, step)
        )
    elif first.isalpha() and last.isalpha():
        middle = (chr(code) for code in range(ord(first), ord(last) + 1, step))
    else:
        return [pattern]
    head, tail = pattern[: found.start()], pattern[found.end() :]
    names = (name for part in middle for name in expand(f"{head}{part}{tail}"))
    return list(itertools.islice(names, MOST_HOSTS))

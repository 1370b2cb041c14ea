"""An inventory's folder: its hosts, and the files of the model."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from .hosttree import Host, HostTree, misplaced
from .problems import WARNING, Problem, suggest
from .sections.all import SECTIONS
from .source import Source

_YAML = (".yml", ".yaml", ".json")
_IGNORED = (
    *("~", ".bak", ".cfg", ".md", ".orig", ".pyc", ".pyo", ".retry", ".rpm", ".rst"),
    *(".swp", ".txt"),
)


@dataclass
class Inventory:
    """What the folder says.

    readable  all hosts are in YAML files; complete: and those could be read.
    unread    sections that are nowhere, while a file of variables cannot be read.
    """

    sections: dict[str, Any] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    readable: bool = True
    complete: bool = True
    unread: frozenset[str] = frozenset()


def read_inventory(folder: File, source: Source) -> Inventory:
    """Read the folder; what is wrong is added to ``source.problems``, nothing is raised."""
    inventory = Inventory()
    if not folder.is_dir():
        message = "is not an inventory's folder" if folder.exists() else "is not there"
        fix = "Give the folder that holds hosts.yml and group_vars/."
        source.problems.append(Problem("inventory", (), message, fix, file=folder.name))
        return inventory
    tree = HostTree(source)
    for file in inventory_files(folder):
        if readable(file):
            local, name = Source(problems=source.problems), _name(folder, file)
            before = len(source.problems)
            tree.read(_map(local.load(file, name), name, source), local, name)
            inventory.complete &= not any(map(_unread, source.problems[before:]))
        else:
            inventory.readable = inventory.complete = False
    tree.finish()
    inventory.hosts, inventory.groups = tree.hosts, set(tree.parents)
    before = len(source.problems)
    for group, file in _variable_files(folder / "group_vars"):
        _read_group_vars(folder, file, group, source, inventory)
    if any(map(_unread, source.problems[before:])):
        inventory.unread = frozenset(SECTIONS.keys() - inventory.sections.keys())
    for host, file in _variable_files(folder / "host_vars"):
        _read_host_vars(folder, file, host, source, inventory, tree)
    return inventory


def folder_of(source: str) -> File:
    """The inventory's folder of an ``-i`` argument: itself, or the one that its file is in."""
    path = File(source)
    return path.parent if path.is_file() else path


def only_ansible_knows(sources: Iterable[str]) -> bool:
    """Whether hosts come from anything but YAML files (a program, a plugin, INI)."""
    folders = {folder_of(source) for source in sources}
    return any(
        not readable(file)
        for folder in folders
        if folder.is_dir()
        for file in inventory_files(folder)
    )


def inventory_files(folder: File) -> list[File]:
    """The files of hosts in an inventory's folder, as Ansible takes them."""
    return [
        file
        for file in sorted(folder.iterdir())
        if file.is_file() and not file.name.startswith(".") and not file.name.endswith(_IGNORED)
    ]


def readable(file: File) -> bool:
    """Whether a file holds hosts as YAML: not a program, not a plugin's configuration."""
    if file.suffix not in _YAML or os.access(file, os.X_OK):
        return False
    with file.open("rb") as stream:
        return not re.search(rb"^plugin\s*:", stream.read(1 << 16), re.M)


def broken_variables(folder: File) -> list[Problem]:
    """Files of variables that Ansible itself cannot read, each with its place."""
    source = Source()
    for place in ("group_vars", "host_vars"):
        for _, file in _variable_files(folder / place):
            name = _name(folder, file)
            _map(Source(problems=source.problems).load(file, name), name, source)
    stops = ("yaml", "yaml-tag", "key-type")
    return [p for p in source.problems if _unread(p) or p.rule in stops]


def _unread(problem: Problem) -> bool:
    """Whether a problem is that a whole file cannot be read."""
    return not problem.path and problem.rule in ("yaml", "encoding", "unreadable", "type")


def _name(folder: File, file: File) -> str:
    return str(file.relative_to(folder))


def _variable_files(folder: File) -> Iterator[tuple[str, File]]:
    """(group or host, file) in the order that Ansible reads them."""
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        if entry.is_dir():
            files = sorted(file for file in entry.rglob("*") if file.is_file())
            yield from ((entry.name, file) for file in files if _is_variables(file))
        elif _is_variables(entry):
            yield (entry.stem if entry.suffix in _YAML else entry.name), entry


def _is_variables(file: File) -> bool:
    named = not file.name.startswith(".") and not file.name.endswith("~")
    return named and file.suffix in (*_YAML, "")


def _map(value: Any, name: str, source: Source) -> dict[str, Any]:
    if value is None or isinstance(value, dict):
        return value or {}
    message, fix = "does not hold a map", "Write name: value lines."
    source.problems.append(Problem("type", (), message, fix, file=name, line=1))
    return {}


def _read_group_vars(
    folder: File, file: File, group: str, source: Source, inventory: Inventory
) -> None:
    name = _name(folder, file)
    local = Source(problems=source.problems)
    for variable, value in _map(local.load(file, name), name, source).items():
        where = local.place((variable,))
        if group != "all" or variable not in SECTIONS:
            misplaced(variable, value, f"group_vars/{group}", where, source)
            continue
        message = fix = ""
        first = source.positions.get((variable,))
        if first:
            rule, message, fix = (
                "duplicate-section",
                f"is also in {first[0]}:{first[1]}",
                "Keep one.",
            )
        elif value is None:
            rule, message, fix = "type", "is empty", "Write its keys, or remove it."
        if message:
            problem = Problem(rule, (variable,), message, fix, value, file=where[0], line=where[1])
            source.problems.append(problem)
        if not first:
            inventory.sections[variable] = value
            mine = {p: place for p, place in local.positions.items() if p[:1] == (variable,)}
            source.positions.update(mine)


def _read_host_vars(
    folder: File, file: File, host: str, source: Source, inventory: Inventory, tree: HostTree
) -> None:
    name = _name(folder, file)
    local = Source(problems=source.problems)
    values = _map(local.load(file, name), name, source)
    mine = {("hosts", host, *path): at for path, at in local.positions.items() if path}
    source.positions.update(mine)
    if host in inventory.hosts:
        tree.take(inventory.hosts[host], values, name)
    elif inventory.readable:
        message, fix = f"host {host!r} is not in the inventory", suggest(host, inventory.hosts)
        problem = Problem("unknown-host", (), message, fix, severity=WARNING, file=name, line=1)
        source.problems.append(problem)

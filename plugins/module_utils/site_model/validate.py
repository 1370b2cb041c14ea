"""Everything that is wrong with a site, all at once, with file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as File
from typing import Any

from .inventory import Inventory, read_inventory
from .model import Model, read_model
from .problems import ERROR, NOTE, WARNING, Path, Problem
from .rules import (
    bridges,
    cloud,
    clusters,
    deployment,
    fabrics,
    federation,
    groups,
    hosts,
    nics,
    placement,
    secrets,
)
from .source import Source
from .templates import resolve
from .view import plain


@dataclass
class Report:
    """What was found; ``hosts``: how many hosts were looked at."""

    problems: list[Problem] = field(default_factory=list)
    hosts: int = 0

    def of(self, severity: str) -> list[Problem]:
        """Problems of one severity."""
        return [problem for problem in self.problems if problem.severity == severity]

    def lines(self) -> list[str]:
        """Errors, then warnings, then notes, one line each."""
        marked = [*self.of(ERROR), *self.of(WARNING), *self.of(NOTE)]
        return [f"{problem.severity.upper()} {problem}" for problem in marked]

    def summary(self) -> str:
        """How many of what, such as ``7 hosts, 0 errors, 1 warning, 0 notes``."""
        counts = {"host": self.hosts}
        counts |= {kind: len(self.of(kind)) for kind in (ERROR, WARNING, NOTE)}
        return ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for what, n in counts.items())

    def as_dict(self) -> dict[str, Any]:
        """As plain data: errors, warnings, notes, hosts."""
        kinds = {
            f"{kind}s": [p.as_dict() for p in self.of(kind)] for kind in (ERROR, WARNING, NOTE)
        }
        return {**kinds, "hosts": self.hosts}


def validate(
    folder: str | File,
    hosts_of_ansible: Iterable[Mapping[str, Any]] | None = None,
    template: Callable[[str, str], Any] | None = None,
) -> Report:
    """Check the site in an inventory's *folder*. Changes nothing, raises nothing for its content.

    *hosts_of_ansible*: the hosts as ``site_host``, for an inventory that is not YAML files.
    *template*: a template's value for the host of that name, or for all ("").
    """
    source = Source()
    inventory = read_inventory(File(folder), source)
    sections = {
        name: resolve(value, (name,), template, source.problems)
        for name, value in inventory.sections.items()
    }
    for host in inventory.hosts.values():
        path = ("hosts", host.name)
        host.variables = resolve(host.variables, path, template, source.problems)
    all_hosts = _hosts(inventory, hosts_of_ansible, source)
    problems = [*source.problems]
    model = read_model(sections, problems, inventory.unread)
    problems += check(model, all_hosts, inventory.groups | _groups_of(all_hosts))
    written = {**sections, "hosts": {name: h.variables for name, h in inventory.hosts.items()}}
    return Report(_placed(problems, source, written), len(all_hosts or []))


def check(
    model: Model, all_hosts: list[dict[str, Any]] | None, groups_known: set[str]
) -> Iterator[Problem]:
    """All rules; without hosts (None) those of the inventory are left out."""
    members = _members(all_hosts) if all_hosts is not None else None
    yield from fabrics.check(model)
    yield from nics.check(model)
    yield from groups.check(model, groups_known if members is not None else None, members or {})
    for name in model.host_groups if model.all_read(model.fabrics, "site_fabrics") else ():
        path = ("site_host_groups", name)
        yield from bridges.check_physical_networks(model.host_groups[name], model.fabrics, path)
    yield from hosts.check(model, all_hosts or [])
    addresses = {str(h["address"]): str(h["name"]) for h in all_hosts or []}
    yield from cloud.check(model, addresses)
    yield from deployment.check(model, addresses)
    yield from secrets.check(model)
    yield from placement.check_placement(model)
    yield from clusters.check(model, members)
    yield from clusters.check_controllers(model, members)
    yield from federation.check(model)


def _hosts(
    inventory: Inventory, given: Iterable[Mapping[str, Any]] | None, source: Source
) -> list[dict[str, Any]] | None:
    """All hosts as ``site_host``; None if only Ansible can know them and has not said."""
    if given is not None:
        return [{**plain(host), "name": str(host["name"])} for host in given]
    if inventory.readable and not inventory.complete:
        return None
    if not inventory.readable:
        message = "hosts come from a source that only Ansible reads: they were not checked"
        fix = "Run playbooks/validate.yml when all files can be read."
        source.problems.append(Problem("inventory-format", (), message, fix, severity=WARNING))
        return None
    return [host.as_site_host() for host in inventory.hosts.values()]


def _groups_of(all_hosts: list[dict[str, Any]] | None) -> set[str]:
    return {group for host in all_hosts or [] for group in host["groups"]}


def _members(all_hosts: list[dict[str, Any]]) -> dict[str, list[int]]:
    """Indexes of the hosts in each group."""
    found: dict[str, list[int]] = {}
    for host in all_hosts:
        index = host["index"] if isinstance(host["index"], int) else 0
        for group in host["groups"]:
            found.setdefault(group, []).append(index)
    return found


def _placed(
    problems: Iterable[Problem], source: Source, written: Mapping[str, Any]
) -> list[Problem]:
    """Each problem once, with its place and the value written there, ordered by place."""
    found = {}
    unresolved = {problem.path for problem in problems if problem.rule == "template"}
    for problem in problems:
        if problem.path in unresolved and problem.rule != "template":
            continue  # what a template stands for is not known
        if not problem.file:
            file, line = source.place(problem.path)
            problem = replace(problem, file=file, line=line)
        if problem.value is None:
            problem = replace(problem, value=_value(written, problem.path))
        found.setdefault((problem.rule, problem.path, problem.message, problem.line), problem)
    return sorted(found.values(), key=lambda p: (p.file, p.line, p.key, p.rule))


def _value(written: Any, path: Path) -> Any:
    """What the operator wrote at a place, None where there is nothing."""
    for step in path:
        try:
            written = written[step]
        except (KeyError, IndexError, TypeError):
            return None
    return written if path else None

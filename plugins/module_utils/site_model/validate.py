"""Everything that is wrong with a site, all at once, with file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as File
from typing import Any

from .inventory import Inventory, read_inventory
from .model import Model, read_model
from .problems import ERROR, NOTE, WARNING, Path, Problem
from .rules import bridges, cloud, clusters, fabrics, federation, groups, hosts, nics
from .source import Source
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
        """Errors, then warnings, one line each."""
        marked = [*self.of(ERROR), *self.of(WARNING)]
        return [f"{problem.severity.upper()} {problem}" for problem in marked]

    def as_dict(self) -> dict[str, Any]:
        """As plain data: errors, warnings, notes, hosts."""
        kinds = {
            f"{kind}s": [p.as_dict() for p in self.of(kind)] for kind in (ERROR, WARNING, NOTE)
        }
        return {**kinds, "hosts": self.hosts}


def validate(
    folder: str | File,
    hosts_of_ansible: Iterable[Mapping[str, Any]] | None = None,
    variables: Mapping[str, Any] | None = None,
) -> Report:
    """Check the site in an inventory's *folder*. Changes nothing, raises nothing for its content.

    *hosts_of_ansible*: the hosts as ``site_host``, for an inventory that is not YAML files.
    *variables*: the sections as Ansible sees them, for values that are templates.
    """
    source = Source()
    inventory = read_inventory(File(folder), source)
    sections = {
        name: resolve(value, (variables or {}).get(name), (name,), source.problems)
        for name, value in inventory.sections.items()
    }
    all_hosts = _hosts(inventory, hosts_of_ansible, source)
    problems = [*source.problems]
    model = read_model(sections, problems)
    problems += check(model, all_hosts, inventory.groups | _groups_of(all_hosts))
    return Report(_placed(problems, source), len(all_hosts or []))


def check(
    model: Model, all_hosts: list[dict[str, Any]] | None, groups_known: set[str]
) -> Iterator[Problem]:
    """All rules; without hosts (None) those of the inventory are left out."""
    members = _members(all_hosts) if all_hosts is not None else None
    yield from fabrics.check(model)
    yield from nics.check(model)
    yield from groups.check(model, groups_known if members is not None else None, members or {})
    wires = {f.physical_network for f in model.fabrics.values() if f.physical_network}
    complete = len(model.fabrics) == len(model.names("site_fabrics"))
    for name in model.host_groups if complete else ():
        path = ("site_host_groups", name)
        yield from bridges.check_physical_networks(model.host_groups[name], wires, path)
    yield from hosts.check(model, all_hosts or [])
    yield from cloud.check(model)
    yield from clusters.check(model, members)
    yield from clusters.check_controllers(model, members)
    yield from federation.check(model)


def _hosts(
    inventory: Inventory, given: Iterable[Mapping[str, Any]] | None, source: Source
) -> list[dict[str, Any]] | None:
    """All hosts as ``site_host``; None if only Ansible can know them and has not said."""
    if given is not None:
        return [{**plain(host), "name": str(host["name"])} for host in given]
    if not inventory.readable:
        message = "hosts come from a source that only Ansible reads: they were not checked"
        fix = "Run playbooks/validate.yml."
        source.problems.append(Problem("inventory-format", (), message, fix, severity=WARNING))
        return None
    return [
        {**site_host, "overrides": resolve(site_host["overrides"], None, path, source.problems)}
        for host in inventory.hosts.values()
        for site_host, path in [(host.as_site_host(), ("hosts", host.name, "site_host_overrides"))]
    ]


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


def resolve(value: Any, seen: Any, path: Path, problems: list[Problem]) -> Any:
    """*value* with its templates as Ansible resolved them in *seen*."""
    if isinstance(value, str) and ("{{" in value or "{%" in value):
        if isinstance(seen, (dict, list)) or (seen is not None and seen != value):
            return plain(seen)
        message, fix = (
            "is a template, which only Ansible can resolve",
            "Run playbooks/validate.yml.",
        )
        problems.append(Problem("template", path, message, fix, value))
        return value
    if isinstance(value, dict):
        below = seen if isinstance(seen, Mapping) else {}
        return {k: resolve(v, below.get(k), (*path, k), problems) for k, v in value.items()}
    if isinstance(value, list):
        items = seen if isinstance(seen, list) else []
        padded = [*items, *[None] * (len(value) - len(items))]
        return [resolve(v, padded[n], (*path, n), problems) for n, v in enumerate(value)]
    return value


def _placed(problems: Iterable[Problem], source: Source) -> list[Problem]:
    """Each problem once, with its place, ordered by it."""
    found = {}
    for problem in problems:
        if not problem.file:
            file, line = source.place(problem.path)
            problem = replace(problem, file=file, line=line)
        found.setdefault((problem.rule, problem.path, problem.message, problem.line), problem)
    return sorted(found.values(), key=lambda p: (p.file, p.line, p.key, p.rule))

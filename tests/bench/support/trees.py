"""A fake tree for each simulated host, converged to its own desired datapath.

One whole tree is built for each host group (tests/fakes/on_disk.py). The other hosts of the
group share its kernel attributes by a link and have their own files and recorded commands,
in which the addresses and the name are theirs: 1,000 whole trees would be 600,000 files.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ansible.module_utils
import yaml

from .conditions import CHECKOUT

ansible.module_utils.__path__.append(str(CHECKOUT / "plugins" / "module_utils"))
sys.path.insert(0, str(CHECKOUT / "tests"))

from ansible.module_utils.site_model.derive.datapath import host_datapath  # noqa: E402
from ansible.module_utils.site_model.view import host_view  # noqa: E402
from fakes.on_disk import write  # noqa: E402

#: The parts of a tree that are the same for all hosts of a group.
SHARED = ("sys", "proc")


def build(site: Path, folder: Path) -> int:
    """Write a tree for every host of the inventory *site* below *folder*; how many."""
    model = _model(site)
    first: dict[str, tuple[Path, dict[str, Any]]] = {}
    count = 0
    for group, name, values in _hosts(site):
        desired = host_datapath(host_view(model, {
            "name": name, "groups": [group], "index": values["site_host_index"],
            "address": values["ansible_host"], "overrides": {},
        }))  # fmt: skip
        tree = folder / name
        if group not in first:
            write(desired, tree)
            first[group] = (tree, desired)
        else:
            _copy(*first[group], desired, tree)
        count += 1
    return count


def _copy(whole: Path, theirs: dict[str, Any], desired: dict[str, Any], tree: Path) -> None:
    swap = dict(zip(_own(theirs), _own(desired), strict=True))
    pattern = re.compile(r"(?<![\w.])(?:" + "|".join(map(re.escape, swap)) + r")(?![\w])")
    tree.mkdir()
    for part in whole.iterdir():
        if part.name in SHARED:
            (tree / part.name).symlink_to(part)
        elif part.is_dir():
            shutil.copytree(part, tree / part.name, symlinks=True)
        else:
            shutil.copyfile(part, tree / part.name)
    for file in tree.rglob("*"):
        if file.is_file() and not file.is_symlink():
            text = file.read_text()
            changed = pattern.sub(lambda match: swap[match[0]], text)
            if changed != text:
                file.write_text(changed)


def _own(desired: Mapping[str, Any]) -> list[str]:
    """What is a host's own in a desired state: its name and addresses."""
    found = [desired["host"]]
    for part in (desired["management"], *desired["networks"]):
        found += [address.partition("/")[0] for address in part["addresses"]]
    return found


def _model(site: Path) -> dict[str, Any]:
    model: dict[str, Any] = {}
    for file in sorted((site / "group_vars" / "all").glob("*.yml")):
        model.update(yaml.safe_load(file.read_text()) or {})
    return model


def _hosts(site: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    children = yaml.safe_load((site / "hosts.yml").read_text())["all"]["children"]
    for group, content in children.items():
        for name, values in content["hosts"].items():
            yield group, name, values

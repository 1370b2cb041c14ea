"""A site of many nodes, of which the lab has two; the others are stand-ins by name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .conditions import CHECKOUT

MODEL = CHECKOUT / "inventories" / "lab-alpha"
CONTROL, WORKER = "alpha-control-1", "alpha-worker-1"
#: Management network of the two and of all stand-ins; pods of a thousand nodes.
NEAR, PODS = "192.168.76.0/22", "10.128.0.0/14"
#: Third bytes of the stand-ins' addresses: the lab's own sites have .77 and .78.
FREE = (76, 79)
EACH = 250


def stand_ins(nodes: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and variables of all but two of *nodes* nodes."""
    if not 2 <= nodes <= EACH * len(FREE) + 2:
        raise SystemExit(f"{nodes} nodes: must be 2 to {EACH * len(FREE) + 2}")
    for number in range(nodes - 2):
        third, last = FREE[number // EACH], number % EACH + 1
        address = f"192.168.{third}.{last}"
        yield f"stand-in-{number + 1}", {"ansible_host": address, "site_host_index": number + 101}


def generate(folder: Path, nodes: int) -> Path:
    """The lab's site alpha with *nodes* nodes; *folder* has to be two below the checkout."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(MODEL / "group_vars", folder / "group_vars")
    place = folder / "group_vars" / "all"
    for name, old, new in (
        ("fabrics", "192.168.77.0/24", NEAR),
        ("clusters", "10.101.0.0/16", PODS),
    ):
        file = place / f"{name}.yml"
        text = file.read_text()
        assert text.count(old) == 1, f"{old} in {file}"
        file.write_text(text.replace(old, new))
    # links need the other site; what they cost does not depend on the nodes of this one
    (place / "federation.yml").unlink()
    tree = yaml.safe_load((MODEL / "hosts.yml").read_text())
    groups = tree["all"]["children"]
    workers = groups["alpha_workers"]["hosts"]
    groups["alpha_workers"]["hosts"] = {WORKER: workers[WORKER], **dict(stand_ins(nodes))}
    groups["alpha_vms"]["hosts"] = {}
    (folder / "hosts.yml").write_text(yaml.safe_dump(tree, sort_keys=False))
    return folder

"""The order in which a datapath comes to life, so that the first thing that broke is named first.

Numbers are those of the table in docs/design/datapath.md; what follows a broken stage often
fails because of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .assemble import Report


@dataclass(frozen=True)
class Stage:
    """One stage. steps: names (before a colon) of the checks' steps that belong to it."""

    title: str
    steps: tuple[str, ...]
    number: str = ""


STAGES = (
    Stage("Reach the host", ("management", "verify", "packages", "datapath")),
    Stage("Firmware", ("firmware",), "1"),
    Stage("Kernel", ("kernel", "command-line", "module", "hugepages", "sysctl", "limits"), "2"),
    Stage("Names", ("names", "udev", "vf-names"), "4"),
    Stage("VFs", ("vfs", "vf-macs", "unbind"), "5"),
    Stage("Steering", ("flow-steering-mode", "inline-mode", "lag-port-select-mode"), "7"),
    Stage("Eswitch", ("switchdev", "legacy"), "8"),
    Stage("Representors", ("representors", "hw-tc-offload", "up"), "9"),
    Stage("Bond", ("network", "address", "release", "bond"), "10"),
    Stage("LAG", ("lag",), "11"),
    Stage("VFs bound", ("bind",), "12"),
    Stage("Open vSwitch", ("openvswitch", "bridge", "unplug"), "13"),
    Stage("Boot and gate", ("boot", "gate")),
    Stage("Path", ("path", "mtu")),
    Stage("RDMA", ("rdma", "rdma-link", "roce", "lossless", "memlock")),
    Stage("Links", ("link",)),
    Stage("Rights", ("rights",)),
    Stage("Cloud", ("cloud",)),
)
_PLACE = {step: place for place, stage in enumerate(STAGES) for step in stage.steps}


def place(step: str) -> int:
    """The stage's place in the order; unknown steps come last."""
    return _PLACE.get(step.partition(":")[0].replace("_", "-"), len(STAGES))


def stage_name(step: str) -> str:
    """ "LAG (11)"; the step itself where it belongs to no stage."""
    index = place(step)
    if index == len(STAGES):
        return step
    stage = STAGES[index]
    return f"{stage.title} ({stage.number})" if stage.number else stage.title


def failures(report: Report) -> list[tuple[str, dict[str, Any]]]:
    """(host, check) of every check that does not hold, the earliest stage first."""
    broken = [
        (host["host"], check)
        for host in report["hosts"]
        for check in host["checks"]
        if not check["ok"]
    ]
    return sorted(broken, key=lambda pair: place(pair[1]["step"]))


def states(report: Report) -> list[tuple[Stage, int, int]]:
    """For each stage that was asked: checks, and how many of them failed."""
    counts = [[0, 0] for _stage in STAGES]
    for check in _checks(report):
        index = place(check["step"])
        if index < len(STAGES):
            counts[index][0] += 1
            counts[index][1] += not check["ok"]
    return [(stage, *count) for stage, count in zip(STAGES, counts, strict=True) if count[0]]


def _checks(report: Report) -> Iterable[dict[str, Any]]:
    return (check for host in report["hosts"] for check in host["checks"])

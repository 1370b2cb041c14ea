"""RDMA's settings as one subject of converge: the part after the datapath."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..converge import Check, Plan
from ..host_kernel.limits import Limits
from ..host_kernel.spec import Limit
from ..host_kernel.subject import machine
from ..system import System
from .boot import Boot
from .links import Links
from .lossless import LosslessPart
from .roce import Roce
from .spec import HostRdmaSpec


class HostRdma:
    """Ports first, then links on them, then what connections take; the boot unit last.

    at_boot  True: only what a reboot loses, nothing that is kept in files.
    """

    name = "host_rdma"

    def __init__(self, system: System, spec: HostRdmaSpec, at_boot: bool = False) -> None:
        self.system = system
        self.parts: tuple[Any, ...] = (
            LosslessPart(system, spec),
            Links(system, spec),
            Roce(system, spec),
        )
        if not at_boot:
            memlock = Limit("*", "-", "memlock", spec.memlock)
            limits = Limits(system, [memlock], stem="71-slipway-rdma", prefix="memlock")
            self.parts += (limits, Boot(system, spec))

    def observe(self) -> dict[str, Any]:
        return {part.name: part.observe() for part in self.parts}

    def plan(self, observed: dict[str, Any]) -> Plan:
        plan = Plan()
        for part in self.parts:
            part.plan(observed[part.name], plan)
        return plan

    def verify(self, observed: dict[str, Any]) -> Sequence[Check]:
        source = machine(self.system)
        found: list[Check] = []
        for part in self.parts:
            found += part.verify(observed[part.name])
        return [replace(check, source=source) for check in found]


def link_facts(observed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What users of RDMA ask for: {netdev: {device, gid_index, gid, address}}."""
    keys = ("device", "gid_index", "gid", "address")
    return {netdev: {k: facts[k] for k in keys} for netdev, facts in observed["roce"].items()}

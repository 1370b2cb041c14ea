"""The host's kernel as one subject of converge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..converge import EMULATION, HARDWARE, Check, Plan
from ..system import System
from .command_line import CommandLine
from .hugepages import HugePagesPart
from .limits import Limits
from .modules import Modules
from .part import Part
from .spec import HostKernelSpec
from .sysctl import Sysctl

EMULATORS = ("QEMU", "Bochs", "KVM", "VMware", "innotek", "Xen")


class HostKernel:
    """Modules first (they bring sysctls), the boot loader last (it takes longest)."""

    name = "host_kernel"

    def __init__(self, system: System, spec: HostKernelSpec) -> None:
        self.system = system
        self.parts: tuple[Part, ...] = (
            Modules(system, spec),
            Sysctl(system, spec),
            HugePagesPart(system, spec),
            Limits(system, spec.limits),
            CommandLine(system, spec),
        )

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


def machine(system: System) -> str:
    """HARDWARE, or EMULATION where the firmware names a hypervisor as the maker."""
    vendor = system.read("/sys/class/dmi/id/sys_vendor") or ""
    return EMULATION if vendor.startswith(EMULATORS) else HARDWARE

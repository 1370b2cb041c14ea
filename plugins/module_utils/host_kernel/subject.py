"""The host's kernel as one subject of converge."""

from __future__ import annotations

from ..system import System
from .command_line import CommandLine
from .hugepages import HugePagesPart
from .limits import Limits
from .modules import Modules
from .part import Parts
from .spec import HostKernelSpec
from .sysctl import Sysctl


class HostKernel(Parts):
    """Modules first (they bring sysctls), the boot loader last (it takes longest)."""

    name = "host_kernel"

    def __init__(self, system: System, spec: HostKernelSpec) -> None:
        self.system = system
        self.parts = (
            Modules(system, spec),
            Sysctl(system, spec),
            HugePagesPart(system, spec),
            Limits(system, spec.limits),
            CommandLine(system, spec),
        )

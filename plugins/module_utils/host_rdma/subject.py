"""RDMA's settings as one subject of converge: the part after the datapath."""

from __future__ import annotations

from typing import Any

from ..host_kernel.limits import Limits
from ..host_kernel.part import Part, Parts
from ..host_kernel.spec import Limit
from ..system import System
from .boot import Boot
from .links import Links
from .lossless import LosslessPart
from .roce import Roce
from .spec import HostRdmaSpec


class HostRdma(Parts):
    """Ports first, then links on them, then what connections take; the boot unit last.

    at_boot  True: only what a reboot loses, nothing that is kept in files.
    """

    name = "host_rdma"

    def __init__(self, system: System, spec: HostRdmaSpec, at_boot: bool = False) -> None:
        self.system = system
        self.parts: tuple[Part, ...] = (
            LosslessPart(system, spec),
            Links(system, spec),
            Roce(system, spec),
        )
        if not at_boot:
            memlock = Limit("*", "-", "memlock", spec.memlock)
            limits = Limits(system, [memlock], stem="71-slipway-rdma", prefix="memlock")
            self.parts += (limits, Boot(system, spec))


def link_facts(observed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What users of RDMA ask for: {netdev: {device, gid_index, gid, address}}."""
    keys = ("device", "gid_index", "gid", "address")
    return {netdev: {k: facts[k] for k in keys} for netdev, facts in observed["roce"].items()}

"""RDMA for pods of a node as a subject of converge."""

from __future__ import annotations

from ..host_kernel.part import Parts
from ..system import System
from .kubelet import Kubelet
from .parents import Parents
from .spec import RdmaSpec
from .stand_in import StandInCount


class ClusterRdma(Parts):
    """Interfaces that pods share, kubelet's placement, then the resources that pods ask for."""

    name = "cluster_rdma"

    def __init__(self, system: System, spec: RdmaSpec) -> None:
        self.system = system
        self.parts = (
            Parents(system, spec), Kubelet(system, spec), StandInCount(system, spec),
        )  # fmt: skip

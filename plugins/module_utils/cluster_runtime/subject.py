"""A node's runtime as one subject of converge."""

from __future__ import annotations

from ..host_kernel.part import Parts
from ..system import System
from .artifacts import Artifacts, Images
from .services import Services
from .spec import RuntimeSpec


class ClusterRuntime(Parts):
    """Programs first, images last: they need containerd."""

    name = "cluster_runtime"

    def __init__(self, system: System, spec: RuntimeSpec) -> None:
        self.system = system
        self.parts = (Artifacts(system, spec), Services(system, spec), Images(system, spec))

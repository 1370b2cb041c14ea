"""A control plane as two subjects of converge, one after the other."""

from __future__ import annotations

from ..host_kernel.part import Parts
from ..system import System
from .api_files import ApiFiles
from .certificates import Certificates
from .discovery import IssuerDiscovery
from .snapshots import Snapshots
from .spec import ControlPlaneSpec
from .static_pods import Answers, KubeadmConfig, StaticPods


class Serving(Parts):
    """Until the node's own API server runs with the model's settings; asks nothing of it."""

    name = "cluster_control_plane.serving"

    def __init__(self, system: System, spec: ControlPlaneSpec) -> None:
        self.system = system
        self.parts = (ApiFiles(system), StaticPods(system, spec.kubeadm), Answers(system))


class Upkeep(Parts):
    """What needs an API server that answers; renewed certificates last."""

    name = "cluster_control_plane.upkeep"

    def __init__(self, system: System, spec: ControlPlaneSpec) -> None:
        self.system = system
        # what is the whole cluster's is one node's to look after
        shared = (KubeadmConfig(system, spec.kubeadm), IssuerDiscovery(system))
        self.parts = (
            *(shared if spec.cluster_wide else ()),
            Snapshots(system, spec),
            Certificates(system, spec),
        )

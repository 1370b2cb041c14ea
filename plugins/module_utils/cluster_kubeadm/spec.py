"""The desired membership of a node, checked; errors name the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..host_datapath.reading import Reader, SpecError

CONTROL_PLANE, WORKER = "control-plane", "worker"

__all__ = ["CONTROL_PLANE", "WORKER", "Join", "KubeadmSpec", "SpecError"]


@dataclass(frozen=True)
class KubeadmSpec:
    """What the model says about one node of a cluster.

    endpoint  host:port at which all nodes and users reach the API server.
    address   the node's own, on the management network.
    issuer    URL of the service accounts' issuer.
    kubelet   keys of a KubeletConfiguration beside the kit's.
    audit_days, audit_files, audit_mebibytes  bounds of the audit log; of each file, the last.
    allocate_node_cidrs  whether the controller manager gives nodes their pods' subnets.
    """

    cluster: str
    version: str
    node: str
    role: str
    address: str
    endpoint: str
    pod_subnet: str
    service_subnet: str
    image_repository: str
    etcd_tag: str
    issuer: str
    cgroup_driver: str
    allocate_node_cidrs: bool
    fail_cgroup_v1: bool
    ignored_preflight: tuple[str, ...]
    kubelet: Mapping[str, Any] = field(default_factory=dict)
    audit_days: int = 30
    audit_files: int = 10
    audit_mebibytes: int = 100

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> KubeadmSpec:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        kubelet = data.get("kubelet", {})
        if not isinstance(kubelet, dict):
            raise SpecError("kubelet: must be a mapping")
        r.ignore("kubelet")
        texts = (
            "cluster", "version", "node", "address", "endpoint", "pod_subnet", "service_subnet",
        )  # fmt: skip
        spec = cls(
            **{name: r.text(name) for name in texts},
            role=r.text("role", allowed=(CONTROL_PLANE, WORKER)),
            image_repository=r.text("image_repository", ""),
            etcd_tag=r.text("etcd_tag", ""),
            issuer=r.text("issuer", ""),
            cgroup_driver=r.text("cgroup_driver", "systemd", ("systemd", "cgroupfs")),
            allocate_node_cidrs=r.flag("allocate_node_cidrs", True),
            fail_cgroup_v1=r.flag("fail_cgroup_v1", True),
            ignored_preflight=r.texts("ignored_preflight"),
            kubelet=kubelet,
            audit_days=r.number("audit_days", 30, 1, 3650),
            audit_files=r.number("audit_files", 10, 1, 1000),
            audit_mebibytes=r.number("audit_mebibytes", 100, 1, 10_000),
        )
        r.end()
        return spec


@dataclass(frozen=True)
class Join:
    """What a node proves itself with once, and by what it knows the cluster.

    ca     the cluster's certificate, PEM.
    files  for another control plane: {path: text} of ``api_server.hand_over``; secret.
    """

    token: str
    ca: str
    files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, data: Mapping[str, Any] | None) -> Join | None:
        if not data:
            return None
        r = Reader(data, "join")
        join = cls(r.text("token"), r.text("ca"), r.settings("files"))
        r.end()
        return join

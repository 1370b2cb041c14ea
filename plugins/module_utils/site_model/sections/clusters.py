"""``site_clusters``: Kubernetes clusters on hosts or on servers of the cloud."""

from __future__ import annotations

from typing import Literal

from .base import Part, key
from .scalars import (
    CniPlugin,
    CpuSet,
    DomainName,
    InterfaceName,
    IpAddress,
    KubernetesVersion,
    Label,
    LabelName,
    LabelValue,
    NumaNode,
    Subnet,
    Taint,
)


class Numa(Part):
    """CPUs and memory of a pod from the NUMA node of its NIC; for pools with RDMA."""

    topology: Literal["best-effort", "restricted", "single-numa-node"] = key(
        "kubelet's topology manager policy.", "single-numa-node"
    )
    reserved_cpus: CpuSet = key("CPUs for the system and for pods without CPUs of their own.")
    reserved_memory: dict[NumaNode, int] = key(
        "Memory for the system by NUMA node, in quotes; unset: memory is not bound.", {},
        unit="MiB",
    )  # fmt: skip


def servers_group(name: str) -> str:
    """The inventory's group of a set of servers: Ansible wants no hyphens there."""
    return name.replace("-", "_")


class NodePool(Part):
    """Nodes of one kind: the hosts of a group, or a set of the cloud's servers."""

    group: str | None = key("Host group whose hosts are the nodes.", None)
    servers: str | None = key("Set of servers (`site_openstack.servers`) that are the nodes.", None)
    labels: dict[LabelName, LabelValue] = key("Node labels.", {})
    taints: list[Taint] = key("Taints as key=value:effect.", [])
    interfaces: dict[str, InterfaceName | None] = key(
        "Interface that carries a fabric for pods, where these nodes differ; null: none does.", {}
    )
    numa: Numa | None = key("Placement on NUMA nodes; unset: kubelet's default.", None)

    @property
    def host_group(self) -> str:
        """The inventory's group of its nodes; servers are in one of their set's name."""
        return self.group or servers_group(self.servers or "")


class ControlPlane(NodePool):
    """Control plane with stacked etcd."""

    address: IpAddress | None = key("Virtual address of the API server.", None)
    name: DomainName | None = key("DNS name of the API server.", None)


class PodFabric(Part):
    """A fabric that pods can have as second interface."""

    interface: InterfaceName | None = key(
        "Interface on the node that carries it; unset: the host's own on that fabric.", None
    )
    kind: Literal["macvlan", "ipvlan"] = key("How pods share the interface.", "macvlan")
    plugins: list[CniPlugin] = key("Types of CNI plugins chained after the interface.", [])
    slice: int = key("Addresses for pods on each node.", 64, ge=1)
    rdma: bool = key("Pods can use RDMA on it.", False)
    shared_devices: int = key("Pods on a node that may share its RDMA device.", 64, ge=1)


class Cluster(Part):
    """One Kubernetes cluster."""

    version: KubernetesVersion = key("Kubernetes version, in quotes.")
    control_plane: ControlPlane = key("Control plane.")
    workers: dict[Label, NodePool] = key("Pools of workers by name.", {})
    network: Literal["cilium", "calico", "bridge"] = key(
        "Primary CNI; the kit installs bridge, the others are the site's own to install.", "cilium"
    )
    pod_subnet: Subnet = key("Addresses of pods.", "10.244.0.0/16")
    service_subnet: Subnet = key("Addresses of services.", "10.96.0.0/16")
    fabrics: dict[str, PodFabric] = key("Fabrics for pods, by name.", {})
    rdma_plugin: Literal["shared", "sriov", "stand-in"] = key(
        "Device plugin that offers RDMA to pods.", "shared"
    )
    issuer: str | None = key("URL of its service accounts' issuer; unset: from domain.", None)

    def pool_of(self, group: str) -> NodePool | None:
        """The pool whose nodes are the hosts of a group."""
        pools = [self.control_plane, *self.workers.values()]
        return next((pool for pool in pools if pool.group == group), None)

    def interface_on(self, pool: NodePool, fabric: str) -> tuple[bool, str | None]:
        """Whether nodes of *pool* have a fabric, and the interface if the model names it."""
        if fabric in pool.interfaces:
            return pool.interfaces[fabric] is not None, pool.interfaces[fabric]
        return True, self.fabrics[fabric].interface

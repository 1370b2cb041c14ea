"""A node's facts in its cluster: membership, addresses of pods, second interfaces, RDMA."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from ..problems import ModelError, Problem
from ..sections.clusters import Cluster
from ..sections.fabrics import Fabric
from ..view import HostView, named
from .addresses import pod_slice
from .names import rdma_resource, vf_interfaces, vlan_interface


def host_cluster(clusters: Mapping[str, Cluster], domain: str, view: HostView) -> dict[str, Any]:
    """Which cluster a host is a node of, and as what; ModelError if of none.

    ``{cluster, role, version, node, address, groups, control_plane_group,
    control_plane_address, virtual_address, pod_subnet, node_pod_subnet, service_subnet, issuer,
    network, fabrics, labels, taints}``; role: "control-plane" or "worker"; groups: of all its
    nodes; control_plane_address: a name or a virtual address, "" where there is none;
    virtual_address: what the kit holds itself, "" behind a load balancer.
    """
    for name, cluster in clusters.items():
        plane = cluster.control_plane
        pools = {"control-plane": [plane], "worker": [*cluster.workers.values()]}
        for role, pool in ((r, p) for r, members in pools.items() for p in members):
            if pool.host_group == view.group_name:
                return {
                    "cluster": name,
                    "role": role,
                    "version": cluster.version,
                    "node": view.name,
                    "address": view.address,
                    "groups": [p.host_group for ps in pools.values() for p in ps],
                    "control_plane_group": plane.host_group,
                    "control_plane_address": str(plane.name or plane.address or ""),
                    "virtual_address": "" if plane.name else str(plane.address or ""),
                    "pod_subnet": str(cluster.pod_subnet),
                    "node_pod_subnet": node_pod_subnet(cluster, name, view.index),
                    "service_subnet": str(cluster.service_subnet),
                    "issuer": issuer(name, cluster, domain),
                    "network": cluster.network,
                    "fabrics": sorted(cluster.fabrics),
                    "labels": dict(pool.labels),
                    "taints": list(pool.taints),
                }
    raise ModelError(
        [
            Problem(
                "pool-nodes", ("site_clusters",),
                f"{view.name} is a node of no cluster: its group is {view.group_name}",
                "Name the group in a cluster's control_plane or workers.",
            )
        ]
    )  # fmt: skip


def issuer(name: str, cluster: Cluster, domain: str) -> str:
    """URL of the service accounts' issuer: each cluster has its own."""
    return cluster.issuer or f"https://{name}.{domain}"


def node_pod_subnet(cluster: Cluster, name: str, index: int) -> str:
    """The /24 (/120) of a node's pods, the *index*-th of the cluster's; "" where the CNI gives it.

    ModelError if the cluster's subnet has none for that number.
    """
    if cluster.network != "bridge":
        return ""
    whole = ipaddress.ip_network(cluster.pod_subnet)
    bits = 24 if whole.version == 4 else 120
    size = 1 << (whole.max_prefixlen - bits)
    first = int(whole.network_address) + index * size
    if whole.prefixlen > bits or first + size - 1 > int(whole.broadcast_address):
        raise ModelError(
            [
                Problem(
                    "pod-subnet", ("site_clusters", name, "pod_subnet"),
                    f"has no /{bits} for the node with site_host_index {index}",
                    "Give the cluster a larger subnet.", str(whole),
                )
            ]
        )  # fmt: skip
    return f"{ipaddress.ip_address(first)}/{bits}"


def node_marks(nodes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """``[{name, labels, taints}]`` of nodes, each as ``host_cluster`` gives it."""
    return [
        {"name": node["node"], "labels": node["labels"], "taints": node["taints"]} for node in nodes
    ]


def pod_routes(cluster: Cluster, name: str, others: Iterable[tuple[int, str]]) -> dict[str, str]:
    """{pod subnet: address} of other nodes; *others*: index and address of each."""
    return {node_pod_subnet(cluster, name, index): address for index, address in others}


def pod_network(
    cluster: Cluster, fabrics: Mapping[str, Fabric], name: str, index: int, interface: str
) -> dict[str, Any]:
    """A node's part in fabric *name*: its interface and its slice of the pods' range.

    ``{interface, kind, plugins, mtu, subnet, first, last}``; *index*: the node's number from 1.
    ModelError where the fabric has no addresses for its pods.
    """
    path = ("site_clusters", "fabrics", name)
    fabric, use = named(fabrics, "fabric", name, path), cluster.fabrics[name]
    part = pod_slice(fabric, index, use.slice, (*path, "slice"))
    if part is None or fabric.subnet is None:
        message, fix = f"fabric {name} has no range for pods", "Set ranges.pods of the fabric."
        raise ModelError([Problem("range-missing", path, message, fix)])
    return {
        "interface": interface,
        "kind": use.kind,
        "plugins": list(use.plugins),
        "mtu": fabric.mtu,
        "subnet": str(fabric.subnet),
        "first": part[0],
        "last": part[1],
    }


def host_pod_networks(
    cluster: Cluster, fabrics: Mapping[str, Fabric], view: HostView
) -> dict[str, dict[str, Any]]:
    """Second interfaces of pods on a host (``pod_network``), by fabric; of those that it has."""
    found = {}
    for name in cluster.fabrics:
        if interface := pod_interface(cluster, name, view):
            found[name] = pod_network(cluster, fabrics, name, view.index, interface)
    return found


def pod_interface(cluster: Cluster, name: str, view: HostView) -> str | None:
    """The host's interface for pods on a fabric; None where it has none.

    What the pool says, else the cluster, else the host's own on that fabric.
    """
    pool = cluster.pool_of(view.group_name)
    has, interface = (True, None) if pool is None else cluster.interface_on(pool, name)
    if has and interface is None and name in view.group.fabrics:
        return vlan_interface(view.link_of(name) or "", view.fabrics[name].vlan)
    return interface


def rdma_resources(cluster: Cluster) -> dict[str, int]:
    """RDMA resources of a node and how many pods may take each: ``{"rdma/rdma": 64}``."""
    uses = cluster.fabrics.items()
    return {rdma_resource(name): use.shared_devices for name, use in uses if use.rdma}


def host_pod_rdma(
    cluster: Cluster, fabrics: Mapping[str, Fabric], view: HostView
) -> dict[str, Any]:
    """RDMA for pods of a host: ``{node, plugin, parents, resources, numa}``.

    parents    VFs that carry RDMA fabrics for pods: interface → ``{port, vf, mtu}``.
    resources  as rdma_resources, of the fabrics that the host has; none without a NIC of the model.
    numa       None, or the pool's.
    """
    pool = cluster.pool_of(view.group_name)
    found = {
        name: interface
        for name, use in cluster.fabrics.items()
        if use.rdma and view.profiles and (interface := pod_interface(cluster, name, view))
    }
    functions = {k: v for p in view.profiles.values() for k, v in vf_interfaces(p).items()}
    return {
        "node": view.name,
        "plugin": cluster.rdma_plugin,
        "parents": {
            interface: {
                "port": functions[interface][0],
                "vf": functions[interface][1],
                "mtu": fabrics[name].mtu,
            }
            for name, interface in found.items()
            if interface in functions
        },
        "resources": {rdma_resource(name): cluster.fabrics[name].shared_devices for name in found},
        "numa": pool.numa.model_dump() if pool and pool.numa and found else None,
    }

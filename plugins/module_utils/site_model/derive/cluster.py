"""A cluster's facts that follow from fabrics: attachments, addresses of pods, RDMA resources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..sections.clusters import Cluster
from ..sections.fabrics import Fabric
from ..view import HostView, named
from .addresses import pod_slice
from .names import rdma_resource, vlan_interface


def network_attachments(cluster: Cluster) -> list[dict[str, Any]]:
    """NetworkAttachmentDefinitions, one for each fabric of the cluster.

    They hold no configuration of their own: each node has its own CNI file of that name
    (``pod_network``), with its own interface and its own slice of addresses.
    """
    found = []
    for name, use in cluster.fabrics.items():
        resource = {"k8s.v1.cni.cncf.io/resourceName": rdma_resource(name)} if use.rdma else {}
        found.append(
            {
                "apiVersion": "k8s.cni.cncf.io/v1",
                "kind": "NetworkAttachmentDefinition",
                "metadata": {"name": name, "annotations": resource},
            }
        )
    return found


def pod_network(
    cluster: Cluster, fabrics: Mapping[str, Fabric], name: str, index: int, interface: str | None
) -> dict[str, Any]:
    """A node's CNI file for fabric *name*: its interface and its slice of the pods' range.

    *index*: the node's number from 1; *interface*: the node's own on that fabric, used
    where the cluster names none.
    """
    path = ("site_clusters", "fabrics", name)
    fabric, use = named(fabrics, "fabric", name, path), cluster.fabrics[name]
    part = pod_slice(fabric, index, use.slice, (*path, "slice"))
    ranges = []
    if part and fabric.subnet:
        ranges = [[{"subnet": fabric.subnet, "rangeStart": part[0], "rangeEnd": part[1]}]]
    return {
        "cniVersion": "1.0.0",
        "name": name,
        "type": use.kind,
        "master": use.interface or interface,
        "mode": "bridge" if use.kind == "macvlan" else "l2",
        "mtu": fabric.mtu,
        "ipam": {"type": "host-local", "ranges": ranges},
    }


def host_pod_networks(
    cluster: Cluster, fabrics: Mapping[str, Fabric], view: HostView
) -> dict[str, str]:
    """A host's CNI files as JSON text by fabric, where it is a node itself."""
    files = {}
    for name in cluster.fabrics:
        own = None
        if name in view.group.fabrics:
            own = vlan_interface(view.link_of(name) or "", view.fabrics[name].vlan)
        network = pod_network(cluster, fabrics, name, view.index, own)
        files[name] = json.dumps(network, indent=2, sort_keys=True) + "\n"
    return files


def rdma_resources(cluster: Cluster) -> dict[str, int]:
    """RDMA resources of a node and how many pods may take each: ``{"rdma/rdma": 64}``."""
    uses = cluster.fabrics.items()
    return {rdma_resource(name): use.shared_devices for name, use in uses if use.rdma}

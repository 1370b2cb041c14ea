"""Rules of clusters: quorum, nodes, fabrics for pods, addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from itertools import combinations

from ..derive.addresses import pod_slice
from ..derive.cluster import node_pod_subnet
from ..model import Model
from ..problems import ModelError, Path, Problem
from ..sections.clusters import Cluster, NodePool
from ..sections.scalars import parse_range
from . import pools
from .fabrics import ends
from .report import dangling, error, warning


def check(model: Model, members: Mapping[str, list[int]] | None) -> Iterator[Problem]:
    """All rules of clusters; *members*: host indexes of each group, None if not known."""
    owner: dict[tuple[str, str], str] = {}
    ranges: dict[str, str] = {}
    for name, cluster in model.clusters.items():
        path = ("site_clusters", name)
        for pool, here in _pools(cluster, path):
            yield from _pool(model, pool, here)
            yield from pools.check(model, cluster, pool, here)
            key = ("group", pool.group) if pool.group else ("servers", pool.servers or "")
            if key in owner and key[1]:
                message, fix = f"are nodes of {owner[key]} already", "A node is in one pool."
                yield error("pool-duplicate", (*here, key[0]), message, fix, key[1])
            owner.setdefault(key, f"{name}.{here[-1]}")
        for fabric in cluster.fabrics:
            other = ranges.setdefault(fabric, name)
            if other != name:
                message = f"cluster {other} has this fabric's range for pods"
                fix = "Give each cluster a fabric of its own."
                yield error("pod-range", (*path, "fabrics", fabric), message, fix)
        yield from _quorum(model, cluster, path, members)
        yield from _address(model, cluster, (*path, "control_plane", "address"))
        yield from _fabrics(model, cluster, path, members)
        yield from _subnets(model, cluster, path)
        yield from _room_for_pods(cluster, name, path, members)


def _room_for_pods(
    cluster: Cluster, name: str, path: Path, members: Mapping[str, list[int]] | None
) -> Iterator[Problem]:
    """Where the kit gives each node its pods' subnet itself."""
    groups = [pool.group for pool, _ in _pools(cluster, path) if pool.group]
    indexes = [index for group in groups for index in (members or {}).get(group, [])]
    try:
        node_pod_subnet(cluster, name, max(indexes, default=1))
    except ModelError as wrong:
        yield from wrong.problems


def _pools(cluster: Cluster, path: Path) -> Iterator[tuple[NodePool, Path]]:
    yield cluster.control_plane, (*path, "control_plane")
    for name, pool in cluster.workers.items():
        yield pool, (*path, "workers", name)


def _pool(model: Model, pool: NodePool, path: Path) -> Iterator[Problem]:
    if (pool.group is None) == (pool.servers is None):
        message = "needs either a group of hosts or a set of servers"
        yield error("pool-nodes", path, message, "Set one of group and servers.")
    if pool.group is not None:
        yield from dangling(model, "host_group", pool.group, (*path, "group"), "site_host_groups")
    if pool.servers is not None:
        where = (*path, "servers")
        yield from dangling(model, "servers", pool.servers, where, "site_openstack", "servers")
        known = model.openstack and pool.servers in model.openstack.servers
        groups = model.all_read(model.host_groups, "site_host_groups")
        if known and groups and pool.host_group not in model.host_groups:
            message = f"no host group {pool.host_group} says what these servers are like"
            fix = "Add it to site_host_groups (purpose: cluster)."
            yield error("servers-group", where, message, fix, pool.servers)


def _count(model: Model, pool: NodePool, members: Mapping[str, list[int]] | None) -> int | None:
    if pool.group is not None:
        return len(members[pool.group]) if members and pool.group in members else None
    servers = model.openstack.servers.get(pool.servers or "") if model.openstack else None
    return servers.count if servers else None


def _quorum(
    model: Model, cluster: Cluster, path: Path, members: Mapping[str, list[int]] | None
) -> Iterator[Problem]:
    count = _count(model, cluster.control_plane, members)
    where = (*path, "control_plane", "group" if cluster.control_plane.group else "servers")
    if count is not None and (count == 0 or count % 2 == 0):
        message = f"{count} members of etcd: an even number tolerates no more than one less"
        yield error("etcd-count", where, message, "Use 1, 3 or 5.")
    if count is not None and count > 1 and cluster.control_plane.address is None:
        message = "has no address of its own for several control-plane nodes"
        fix = "Set address (or name it at a load balancer)."
        if cluster.control_plane.name is None:
            yield error("control-plane-address", (*path, "control_plane"), message, fix)


def _address(model: Model, cluster: Cluster, path: Path) -> Iterator[Problem]:
    """The API server's address is on a fabric, and nobody else's."""
    if cluster.control_plane.address is None:
        return
    address, fix = ipaddress.ip_address(cluster.control_plane.address), "Choose a free one."
    on = [
        (name, fabric)
        for name, fabric in model.fabrics.items()
        if fabric.subnet and address in ipaddress.ip_network(fabric.subnet)
    ]
    if not on and model.all_read(model.fabrics, "site_fabrics"):
        yield error("control-plane-address", path, "is in the subnet of no fabric", fix)
    for name, fabric in on:
        if address in ends(ipaddress.ip_network(fabric.subnet or "")):
            message = f"is the network or broadcast address of fabric {name}"
            yield error("control-plane-address", path, message, fix)
        if fabric.gateway and address == ipaddress.ip_address(fabric.gateway):
            yield error("control-plane-address", path, f"is the gateway of fabric {name}", fix)
        for kind, text in fabric.ranges.model_dump(exclude_none=True).items():
            first, last = parse_range(text)
            if first.version == address.version and first <= address <= last:
                message = f"is in the range for {kind} of fabric {name}"
                yield error("control-plane-address", path, message, fix)


def _fabrics(
    model: Model, cluster: Cluster, path: Path, members: Mapping[str, list[int]] | None
) -> Iterator[Problem]:
    for name, use in cluster.fabrics.items():
        here = (*path, "fabrics", name)
        yield from dangling(model, "fabric", name, here, "site_fabrics")
        fabric = model.fabrics.get(name)
        if fabric is None:
            continue
        if fabric.ranges.pods is None:
            message, fix = f"fabric {name} has no range for pods", "Set ranges.pods of the fabric."
            yield error("range-missing", here, message, fix)
        if use.rdma and not fabric.rdma:
            message, fix = f"fabric {name} does not carry RDMA", "Set rdma of the fabric."
            yield error("rdma-fabric", (*here, "rdma"), message, fix)
        for pool, _ in _pools(cluster, path):
            yield from _slices(model, cluster, name, pool, here, members)


def _slices(
    model: Model, cluster: Cluster, name: str, pool: NodePool, path: Path,
    members: Mapping[str, list[int]] | None,
) -> Iterator[Problem]:  # fmt: skip
    group = model.host_groups.get(pool.group or "")
    use, fabric = cluster.fabrics[name], model.fabrics[name]
    has, interface = cluster.interface_on(pool, name)
    if not has:
        return
    if pool.group is not None and group is not None and pool is not cluster.control_plane:
        if name not in group.fabrics and interface is None:
            message = f"hosts of {pool.group} are not on fabric {name}"
            fix = "Add it to the group's fabrics, or set interface (null: no pods there)."
            yield error("pool-fabric", path, message, fix)
        indexes = (members or {}).get(pool.group, [])
    else:
        indexes = list(range(1, (_count(model, pool, members) or 0) + 1))
    if pool.servers is not None and interface is None:
        fix = "Set interface: the guest's name of its port."
        yield error("pod-interface", path, "servers' interface is not known to the model", fix)
    try:
        pod_slice(fabric, max(indexes, default=1), use.slice)
    except ModelError:
        message = f"range {fabric.ranges.pods} has not {use.slice} addresses for every node"
        fix = "Widen ranges.pods of the fabric, or make slice smaller."
        yield error("pod-slice", (*path, "slice"), message, fix, use.slice)


def _subnets(model: Model, cluster: Cluster, path: Path) -> Iterator[Problem]:
    own = {
        key: ipaddress.ip_network(getattr(cluster, key)) for key in ("pod_subnet", "service_subnet")
    }
    for (_, one), (key, other) in combinations(own.items(), 2):
        if one.version == other.version and one.overlaps(other):
            fix = "Choose another network."
            yield error(
                "subnet-overlap", (*path, key), f"overlaps pod_subnet {one}", fix, str(other)
            )
    for key, subnet in own.items():
        for name, fabric in model.fabrics.items():
            other = ipaddress.ip_network(fabric.subnet) if fabric.subnet else None
            if other is not None and other.version == subnet.version and other.overlaps(subnet):
                message, fix = f"overlaps fabric {name}'s {other}", "Choose another network."
                yield error("subnet-overlap", (*path, key), message, fix, str(subnet))


def check_controllers(model: Model, members: Mapping[str, list[int]] | None) -> Iterator[Problem]:
    """The cloud's database and message queue need a quorum as well."""
    for name, group in model.host_groups.items() if model.openstack and members else ():
        count = len(members.get(name, [])) if members else 0
        if group.purpose == "controller" and count and count % 2 == 0:
            message = f"{count} controllers: an even number tolerates no more than one less"
            path = ("site_host_groups", name)
            yield warning("controller-count", path, message, "Use 1, 3 or 5.")

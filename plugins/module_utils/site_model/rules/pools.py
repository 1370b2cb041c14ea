"""Rules of a pool's own facts: interfaces of its nodes for pods, placement on NUMA nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..derive.names import vf_interfaces
from ..model import Model
from ..problems import Path, Problem, suggest
from ..sections.clusters import Cluster, NodePool
from .report import error


def check(model: Model, cluster: Cluster, pool: NodePool, path: Path) -> Iterator[Problem]:
    """All rules of one pool."""
    for name, interface in pool.interfaces.items():
        here = (*path, "interfaces", name)
        if name not in cluster.fabrics:
            message, fix = "is no fabric of the cluster", suggest(name, cluster.fabrics)
            yield error("pool-interface", here, message, fix, name)
        elif interface is not None:
            yield from _virtual_function(model, pool, interface, here)
    if pool.numa and not any(use.rdma for use in cluster.fabrics.values()):
        message = "is for nodes with RDMA, and no fabric of the cluster has it"
        yield error(
            "pool-numa", (*path, "numa"), message, "Set rdma of the fabric, or leave it out."
        )


def _virtual_function(
    model: Model, pool: NodePool, interface: str, path: Path
) -> Iterator[Problem]:
    """A VF of the hosts' NIC is one that it has, with a driver that gives an interface."""
    group = model.host_groups.get(pool.group or "")
    profiles = [model.nic_profiles[n] for n in group.nic_profiles if n in model.nic_profiles] if (
        group
    ) else []  # fmt: skip
    for profile in profiles:
        ports = "|".join(re.escape(port.name) for port in profile.ports)
        if not re.fullmatch(rf"({ports})v[0-9]+", interface):
            continue
        if interface not in vf_interfaces(profile):
            message = f"the NIC has {profile.vfs} VFs on each port, counted from 0"
            yield error("pool-interface", path, message, "Raise vfs of the NIC profile.", interface)
        elif profile.vf_driver:
            message = f"VFs have no interface: their driver is {profile.vf_driver}"
            fix = "Leave vf_driver of the NIC profile out."
            yield error("pool-interface", path, message, fix, interface)

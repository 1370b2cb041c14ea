"""The desired state of RDMA for pods of a node, checked; errors name the key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError

__all__ = ["Numa", "Parent", "RdmaSpec", "SpecError"]

_RESOURCE = re.compile(r"rdma/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_CPUS = re.compile(r"[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*")


@dataclass(frozen=True)
class Numa:
    """kubelet's placement of pods on NUMA nodes.

    topology         policy of the topology manager.
    reserved_cpus    which no pod has for itself.
    reserved_memory  {NUMA node: MiB}; empty: memory is not bound.
    """

    topology: str
    reserved_cpus: str
    reserved_memory: Mapping[str, int]


@dataclass(frozen=True)
class Parent:
    """A VF that pods share: its port's interface, its number there, MTU in bytes."""

    port: str
    vf: int
    mtu: int


@dataclass(frozen=True)
class RdmaSpec:
    """RDMA for pods.

    node       its name in the cluster.
    plugin     who offers the resources: shared and sriov are device plugins of the cluster,
               stand-in: the node's own status, where no plugin finds the device.
    parents    VFs that only pods use, by interface.
    resources  {rdma/<fabric>: pods that may share it}.
    numa       None: kubelet's default.
    """

    node: str
    plugin: str
    parents: Mapping[str, Parent]
    resources: Mapping[str, int]
    numa: Numa | None

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> RdmaSpec:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        parents, resources, numa = r.object("parents"), r.object("resources"), r.object("numa")
        spec = cls(
            node=r.word("node"),
            plugin=r.text("plugin", None, ("shared", "sriov", "stand-in")),
            parents={} if parents is None else {n: _parent(parents, n) for n in parents.value},
            resources=_numbers(resources, 1, 10_000),
            numa=numa and _numa(numa),
        )
        r.end()
        for name in spec.resources:
            if not _RESOURCE.fullmatch(name):
                raise SpecError(f"resources: {name!r} is not like rdma/fabric")
        return spec


def _parent(parents: Reader, name: str) -> Parent:
    Reader({name: name}, "parents").interface(name)
    r = parents.object(name)
    if r is None:
        raise SpecError(f"{parents.key(name)}: must be a mapping")
    found = Parent(
        r.interface("port"), r.number("vf", None, 0, 255), r.number("mtu", None, 576, 9216)
    )
    r.end()
    return found


def _numbers(reader: Reader | None, least: int, most: int) -> dict[str, int]:
    if reader is None:
        return {}
    found = {name: reader.number(name, None, least, most) for name in reader.value}
    reader.end()
    return found


def _numa(r: Reader) -> Numa:
    memory = r.object("reserved_memory")
    found = Numa(
        r.text("topology", None, ("best-effort", "restricted", "single-numa-node")),
        r.text("reserved_cpus"),
        _numbers(memory, 1, 1 << 24),
    )
    r.end()
    if not _CPUS.fullmatch(found.reserved_cpus):
        raise SpecError(f"{r.key('reserved_cpus')}: {found.reserved_cpus!r} is not like 0-1,32")
    if any(not node.isdecimal() for node in found.reserved_memory):
        raise SpecError(f"{r.key('reserved_memory')}: keys are numbers of NUMA nodes")
    return found

"""The kernel of a host: command line, modules, huge pages, sysctl, limits."""

from __future__ import annotations

from typing import Any

from ..view import HostView
from .rdma import roce_links

_IOMMU = {"intel": ["intel_iommu=on", "iommu=pt"], "amd": ["iommu=pt"]}


def host_kernel(view: HostView) -> dict[str, Any]:
    """What role host_kernel takes: what NICs and RDMA need, then the group's own."""
    own = view.group.kernel
    return {
        "command_line": command_line(view),
        "modules": _unique(_modules(view) + own.modules),
        "hugepages": [pool.model_dump() for pool in own.hugepages],
        "sysctl": dict(own.sysctl),
        "limits": [limit.model_dump() for limit in own.limits],
    }


def command_line(view: HostView) -> list[str]:
    """The kernel's arguments: the IOMMU's where a NIC has VFs, then the group's own."""
    own = view.group.kernel
    passed = any(p.vfs and p.driver != "netdevsim" for p in view.profiles.values())
    return _unique([*(_IOMMU[own.iommu] if passed else []), *own.command_line])


def _modules(view: HostView) -> list[str]:
    modules = ["bonding"] if view.profiles else []
    if any(view.fabrics[name].vlan for name in view.group.fabrics):
        modules.append("8021q")
    if any(p.vf_driver == "vfio-pci" and p.vfs for p in view.profiles.values()):
        modules.append("vfio-pci")
    if any(link["kind"] == "rxe" for link in roce_links(view)):
        modules.append("rdma_rxe")
    return modules


def _unique(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))

"""The kernel of a host: command line, modules, huge pages, sysctl, limits."""

from __future__ import annotations

from typing import Any

from ..view import HostView
from .rdma import roce_links

#: What kubeadm asks of a node: overlay for images, pods' packets pass through.
_POD_MODULES = ["overlay", "br_netfilter"]
_POD_SYSCTL = {"net.ipv4.ip_forward": "1", "net.bridge.bridge-nf-call-iptables": "1"}
_IOMMU = {"intel": ["intel_iommu=on", "iommu=pt"], "amd": ["iommu=pt"]}


def host_kernel(view: HostView) -> dict[str, Any]:
    """What role host_kernel takes: what NICs and RDMA need, then the group's own."""
    own = view.group.kernel
    return {
        "command_line": command_line(view),
        "modules": _unique(_modules(view) + own.modules),
        "hugepages": [pool.model_dump() for pool in own.hugepages],
        "sysctl": {**(_POD_SYSCTL if view.group.purpose == "cluster" else {}), **own.sysctl},
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
    # named in the group: also for links that only pods have
    if view.group.rdma.kind == "rxe" or any(link["kind"] == "rxe" for link in roce_links(view)):
        modules.append("rdma_rxe")
    if view.group.purpose == "cluster":
        modules += _POD_MODULES
    return modules


def _unique(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))

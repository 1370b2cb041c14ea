"""Names that follow from the model's names."""

from __future__ import annotations

from ..sections.nics import NicProfile


def vlan_interface(link: str, vlan: int | None) -> str:
    """The interface of a VLAN on *link*: ``bond0.100``; the link itself when untagged."""
    return link if vlan is None else f"{link}.{vlan}"


def representors(profile: NicProfile) -> list[str]:
    """Names of all VFs' representors, port by port; empty outside switchdev mode."""
    if profile.eswitch_mode != "switchdev":
        return []
    pattern = profile.representor_pattern
    return [
        pattern.format(port=port.name, vf=vf) for port in profile.ports for vf in range(profile.vfs)
    ]


def vf_interfaces(profile: NicProfile) -> dict[str, tuple[str, int]]:
    """The VFs' own interfaces while the host has them: ``{"data0v0": ("data0", 0)}``."""
    return {
        f"{port.name}v{vf}": (port.name, vf) for port in profile.ports for vf in range(profile.vfs)
    }


def udev_names(profile: NicProfile) -> dict[str, dict[str, str | int | None]]:
    """What udev names the ports by: ``{"data0": {"pci_address": …}}`` or device and port."""
    return {
        port.name: {"pci_address": port.pci_address}
        if port.pci_address is not None
        else {"device": port.device, "port": port.port}
        for port in profile.ports
    }


def rdma_resource(fabric: str) -> str:
    """The Kubernetes resource that a pod asks for to use RDMA on a fabric."""
    return f"rdma/{fabric}"


def bond_rdma_device(number: int) -> str:
    """The RDMA device of Soft-RoCE link *number*, from 0."""
    return f"rxe{number}"

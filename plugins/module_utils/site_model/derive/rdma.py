"""RDMA of a host: RoCE links, lossless class, driver source."""

from __future__ import annotations

from typing import Any

from ..view import HostView
from .datapath import networks
from .names import bond_rdma_device


def host_rdma(view: HostView) -> dict[str, Any]:
    """What role host_rdma takes (docs/design/overview.md has the shape)."""
    own = view.group.rdma
    pci = view.group.management.pci_address
    doca = any(profile.driver_source == "doca" for profile in view.profiles.values())
    return {
        "driver_source": "doca" if doca else "distribution",
        "roce_links": roce_links(view),
        "roce_version": own.roce_version,
        "memlock": own.memlock,
        "dscp": own.dscp,
        "traffic_class": own.dscp << 2,
        "lossless": _lossless(view),
        "management_pci_addresses": [pci] if pci else [],
    }


def roce_links(view: HostView) -> list[dict[str, Any]]:
    """One link for each RDMA fabric: ``netdev``, ``kind``, and the device's name for Soft-RoCE.

    A native link's device is "": the kernel names it, and it is found by its netdev.
    """
    links = []
    for network in networks(view):
        if not view.fabrics[network["name"]].rdma:
            continue
        profile = view.profile_of(network["link"])
        kind = view.group.rdma.kind
        if kind is None:
            kind = "native" if profile and profile.driver == "mlx5_core" else "rxe"
        number = sum(link["kind"] == "rxe" for link in links)
        device = bond_rdma_device(number) if kind == "rxe" else ""
        links.append({"netdev": network["interface"], "device": device, "kind": kind})
    return links


def _lossless(view: HostView) -> dict[str, Any] | None:
    chosen = [profile for profile in view.profiles.values() if profile.lossless]
    if not chosen or chosen[0].lossless is None:
        return None
    ports = [port.name for profile in chosen for port in profile.ports]
    return {**chosen[0].lossless.model_dump(), "ports": ports}

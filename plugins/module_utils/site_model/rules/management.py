"""Rules of the management interface: it stays up, whatever is done to the NICs."""

from __future__ import annotations

from collections.abc import Iterator

from ..problems import Path, Problem
from ..sections.nics import NicProfile
from ..view import HostView
from .report import error, warning


def check_management(view: HostView, path: Path) -> Iterator[Problem]:
    """All rules of the group's management interface; its key is below *path*."""
    own, here = view.group.management, (*path, "management")
    over = own.interface.partition(".")[0]
    for name, profile in view.profiles.items():
        same = _same_nic(own.pci_address, profile)
        ports = [port.name for port in profile.ports]
        where = (*here, "pci_address" if same else "interface")
        reloaded = profile.driver == "mlx5_core" and profile.driver_source == "doca"
        if reloaded and (same or over in ports or over in above(view, profile)):
            message = f"is on the NIC of {name}, whose driver is reloaded when it is installed"
            fix = "Use another NIC for management, or driver_source: distribution."
            yield error("driver-reload", where, message, fix)
        elif same or over in ports:
            message = f"is a port of {name}, which becomes a member of {profile.bond.name}"
            yield error("management-port", where, message, "Use another NIC for management.")
        elif over in above(view, profile):
            message = (
                f"is over the NIC of {name}: the kit makes no change that takes its ports down"
            )
            fix = "Use another NIC for management, or make such changes from the host's console."
            yield warning("management-bond", where, message, fix)
        elif reloaded and own.pci_address is None:
            message = f"is not set, and the driver of {name} is reloaded when it is installed"
            fix = "Set the PCI address of management's NIC, so that this is refused under it."
            yield error("management-pci-missing", (*here, "pci_address"), message, fix)


def above(view: HostView, profile: NicProfile) -> set[str]:
    """The bond, and the bridges that it is in."""
    bridges = view.group.openvswitch.bridges if view.group.openvswitch else {}
    bond = profile.bond.name
    return {bond, *(name for name, bridge in bridges.items() if bond in bridge.ports)}


def _same_nic(address: str | None, profile: NicProfile) -> bool:
    """Whether both are functions of one device."""
    ports = [port.pci_address.partition(".")[0] for port in profile.ports if port.pci_address]
    return address is not None and address.partition(".")[0] in ports

"""Which network files are the kit's, whichever manager they are for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...system import System
    from ..spec import Nic, Spec

#: systemd takes the first file that matches an interface, so the kit's sort early:
#: before an installer's (10-…), netplan's (10-netplan-…) and the distribution's (50-…, 80-…).
PREFIX = "05-slipway-"
NETWORKD = "/etc/systemd/network"
NETPLAN = "/etc/netplan/70-slipway.yaml"
NETPLAN_DROPIN = "/etc/systemd/network/10-netplan-{name}.netdev.d/slipway.conf"
CONNECTIONS = "/etc/NetworkManager/system-connections"
NM_CONFIGURATION = "/etc/NetworkManager/conf.d/05-slipway.conf"

HEADER = "# Written by Slipway from the site model; changes here are undone by its next run.\n"

_PATTERNS = {
    "networkd": (f"{NETWORKD}/{PREFIX}*.netdev", f"{NETWORKD}/{PREFIX}*.network"),
    "netplan": (NETPLAN, NETPLAN_DROPIN.format(name="*")),
    "networkmanager": (f"{CONNECTIONS}/slipway-*.nmconnection", NM_CONFIGURATION),
    # udev reads them whoever the manager is
    "udev": (f"{NETWORKD}/{PREFIX}*.link",),
}


def owned(system: System) -> list[str]:
    """All network files of the kit on the host, those of other managers included."""
    return sorted(
        path
        for patterns in _PATTERNS.values()
        for pattern in patterns
        for path in system.glob(pattern)
    )


def manager_of(path: str) -> str | None:
    """The manager that reads *path*: networkd, netplan, networkmanager; None: all of them."""
    if path == NETPLAN or path.startswith(NETPLAN_DROPIN.partition("{")[0]):
        return "netplan"
    if path.startswith("/etc/NetworkManager/"):
        return "networkmanager"
    return None if path.endswith(".link") else "networkd"


def managers_of(paths: Iterable[str]) -> set[str]:
    """The managers that read any of *paths*."""
    return {name for name in map(manager_of, paths) if name}


def bond_links(spec: Spec) -> dict[str, str]:
    """``.link`` files that leave a bond the MAC of its first port.

    systemd's default derives it from machine-id and name: hosts installed from one
    golden image would all have the same.
    """
    return {f"{NETWORKD}/{PREFIX}{nic.bond.name}.link": _bond_link(nic) for nic in spec.nics}


def _bond_link(nic: Nic) -> str:
    return f"{HEADER}[Match]\nOriginalName={nic.bond.name}\n\n[Link]\nMACAddressPolicy=none\n"

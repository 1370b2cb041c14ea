"""Which NIC the host is managed through: its driver must not be touched under the connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..ssh_connection import default_routes, routes_to_client, ssh_connection
from ..system import System
from .devices import lower_ports, pci_address


@dataclass(frozen=True)
class Path:
    """A way that management takes. ``driver`` is "" for an interface without a NIC below."""

    why: str
    netdev: str
    pci: str
    driver: str

    def __str__(self) -> str:
        return (
            f"{self.why} goes through {self.netdev} ({self.pci or 'no PCI'}, {self.driver or '?'})"
        )


def management_paths(
    system: System,
    pci_addresses: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> list[Path]:
    """Every NIC that management goes through: of the SSH connection at hand, of the default
    routes, and of the PCI addresses that the model names."""
    connection = ssh_connection(system, environment)
    client = connection.partition(" ")[0]
    netdevs = [(f"SSH from {client}", d) for d in routes_to_client(system, connection)]
    netdevs += [("the default route", d) for d in default_routes(system)]
    found: list[Path] = []
    for why, netdev in netdevs:
        for port in lower_ports(system, netdev):
            driver = system.link_name(f"/sys/class/net/{port}/device/driver") or ""
            found.append(Path(why, port, pci_address(system, port) or "", driver))
    for address in pci_addresses:
        driver = system.link_name(f"/sys/bus/pci/devices/{address}/driver") or ""
        names = system.list(f"/sys/bus/pci/devices/{address}/net")
        found.append(
            Path("the model's management", names[0] if names else address, address, driver)
        )
    return list(dict.fromkeys(found))

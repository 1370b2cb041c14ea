"""Which NIC the host is managed through: its driver must not be touched under the connection."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

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
    environment = os.environ if environment is None else environment
    netdevs: list[tuple[str, str]] = []
    client = ssh_connection(system, environment).split()
    if client:
        netdevs += [(f"SSH from {client[0]}", d) for d in _routes(system, "get", client[0])]
    netdevs += [("the default route", d) for d in _routes(system, "show", "default")]
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


def _routes(system: System, *arguments: str) -> list[str]:
    answer = system.run("ip", "-j", "route", *arguments, check=False)
    try:
        routes = json.loads(answer.stdout or "[]")
    except ValueError:
        return []
    return sorted({route["dev"] for route in routes if "dev" in route})


def ssh_connection(system: System, environment: Mapping[str, str]) -> str:
    """SSH_CONNECTION, from an ancestor where sudo dropped it; "" if none has it."""
    if environment.get("SSH_CONNECTION"):
        return environment["SSH_CONNECTION"]
    process = str(os.getpid())
    while process not in ("", "0", "1"):
        for variable in (system.read(f"/proc/{process}/environ") or "").split("\0"):
            if variable.startswith("SSH_CONNECTION="):
                return variable.partition("=")[2]
        # after the command's name, which may hold anything: state and parent
        stat = (system.read(f"/proc/{process}/stat") or "").rpartition(")")[2].split()
        process = stat[1] if len(stat) > 1 else ""
    return ""

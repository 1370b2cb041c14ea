"""The kernel's simulated device: a stand-in for switchdev, with one eswitch for both ports.

A device ``netdevsim/netdevsimN`` has both ports; its VFs (representors ``pf0vfN``) have
no PCI function, so nothing is bound or unbound. They count as the first port's.
"""

from __future__ import annotations

from ...converge import STAND_IN
from ...system import System
from ..spec import Nic, Port
from .base import Driver, Facts


class Netdevsim(Driver):
    """Bus device ``netdevsimN`` with two ports."""

    name = "netdevsim"
    source = STAND_IN
    switchdev = True
    vf_functions = False
    representors_offload = False

    def device(self, port: Port) -> str:
        return f"/sys/bus/netdevsim/devices/{self.parent(port)}"

    def parent(self, port: Port) -> str:
        return str(port.device).rpartition("/")[2]

    def handle(self, port: Port) -> str:
        return str(port.device)

    def nic_of(self, port: Port) -> str:
        return str(port.device)

    def owns_vfs(self, nic: Nic, port: Port) -> bool:
        return port is next(p for p in nic.ports if p.device == port.device)

    def is_port(self, port: Port, link: Facts) -> bool:
        return link.get("phys_port_name") == self._port_name(port)

    def udev_match(self, port: Port) -> str:
        return f'ATTR{{phys_port_name}}=="{self._port_name(port)}"'

    def total_vfs(self, system: System, port: Port) -> int | None:
        value = system.read(f"/sys/kernel/debug/netdevsim/{self.parent(port)}/max_vfs")
        return int(value) if value and value.isdigit() else None

    def _port_name(self, port: Port) -> str:
        # netdevsim numbers its ports from 0 and names them from 1
        return f"p{(port.port or 0) + 1}"

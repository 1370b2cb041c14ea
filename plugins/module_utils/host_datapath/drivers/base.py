"""What the engine asks of a driver; the answers here are those of a plain PCI NIC."""

from __future__ import annotations

import re
from typing import Any

from ...converge import HARDWARE
from ...system import System
from ..spec import Nic, Port

#: Facts of one port, one NIC, or the whole host, as observe.py lays them down.
Facts = dict[str, Any]

REPRESENTOR = re.compile(r"pf\d+vf(\d+)$")


class Driver:
    """A driver's abilities and peculiarities."""

    name = ""
    #: where this driver's figures come from in a report
    source = HARDWARE
    #: can put its eswitch into switchdev mode
    switchdev = False
    #: joins a bond's ports to a LAG of its own, so they are enslaved after other changes
    own_lag = False
    #: its VFs are PCI functions that a driver is bound to
    vf_functions = True
    #: representors take TC filters without being told to
    representors_offload = True
    #: most VFs a port may have under a bond with offload; None: no limit of its own
    max_vfs_with_lag: int | None = None

    def device(self, port: Port) -> str:
        """The port's device folder in sysfs."""
        return f"/sys/bus/pci/devices/{port.pci_address}"

    def parent(self, port: Port) -> str:
        """The device's name as its interfaces' parent (``parentdev``, udev's KERNELS)."""
        return str(port.pci_address)

    def handle(self, port: Port) -> str:
        """The port's devlink handle."""
        return f"pci/{port.pci_address}"

    def nic_of(self, port: Port) -> str:
        """Equal for ports of one NIC: the PCI address without its function."""
        return str(port.pci_address).rpartition(".")[0]

    def owns_vfs(self, nic: Nic, port: Port) -> bool:
        """Whether the VFs hang on this port (else on another one of its device)."""
        return True

    def is_port(self, port: Port, link: Facts) -> bool:
        """Whether *link*, an interface on the port's device, is the port itself."""
        return not REPRESENTOR.search(link.get("phys_port_name") or "")

    def udev_match(self, port: Port) -> str:
        """What tells the port's interface from others on the same device."""
        return ""

    def total_vfs(self, system: System, port: Port) -> int | None:
        """Most VFs the device can have now; None: it does not say."""
        value = system.read(f"{self.device(port)}/sriov_totalvfs")
        return int(value) if value and value.isdigit() else None

    def settings(
        self, system: System, port: Port, params: Facts, netdev: str
    ) -> dict[str, str | None]:
        """Settings that must be right before switchdev: name → value, None if there is none.

        *params*: what devlink says of the port; *netdev*: the port's interface now.
        """
        return {}

    def wanted_settings(self, nic: Nic, facts: Facts) -> dict[str, str]:
        """The values that the model asks for, where this device has the setting."""
        return {}

    def missing_settings(self, nic: Nic, facts: Facts) -> dict[str, str]:
        """The values that the model asks for and that this device has no setting for."""
        return {}

    def set(self, system: System, port: Port, name: str, value: str) -> None:
        """Set one of ``wanted_settings``."""
        raise NotImplementedError

    def firmware(self, system: System, nic: Nic) -> Facts | None:
        """Firmware settings: name → {current, next}; None: unknown (no tool)."""
        return {}

    def set_firmware(self, system: System, nic: Nic, values: dict[str, str]) -> None:
        """Set what the next boot finds."""
        raise NotImplementedError

    def lag(self, system: System, nic: Nic) -> Facts | None:
        """The device's own view of the bond; None: it has none, the bond's state suffices."""
        return None

    def vfs_wait_for_lag(self, nic: Nic) -> bool:
        """Whether VFs may get a driver only once the device's own LAG is active."""
        return False

    def lag_problem(self, nic: Nic, lag: Facts | None) -> str | None:
        """Why the LAG is not as it must be."""
        return None

    def lag_wanted(self, nic: Nic) -> dict[str, str | None]:
        """What the device's LAG must say of itself; None: as it likes."""
        return {}

    def mapping_problem(self, nic: Nic, lag: Facts | None) -> str | None:
        """Why the LAG does not send by both ports; one without a link is left out of it."""
        return None

"""Intel 82576 (QEMU's ``igb``): VFs in legacy mode; the bond's state is the LAG's state."""

from __future__ import annotations

from ...converge import EMULATION
from .base import Driver


class Igb(Driver):
    """Ports are ordinary PCI functions without devlink."""

    name = "igb"
    source = EMULATION

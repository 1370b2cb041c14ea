"""Which tool sets a port's priorities: the vendor's where it is installed, else iproute2's dcb."""

from __future__ import annotations

from ...system import System
from .dcb import Dcb
from .mlnx_qos import MlnxQos
from .tool import PortState, Tool

__all__ = ["PortState", "Tool", "qos_tool"]


def qos_tool(system: System) -> Tool:
    """mlnx_qos comes with DOCA and knows trust and buffers of its driver; dcb is everywhere."""
    folders = ("/usr/bin", "/usr/sbin")
    if any(system.exists(f"{folder}/mlnx_qos") for folder in folders):
        return MlnxQos(system)
    return Dcb(system)

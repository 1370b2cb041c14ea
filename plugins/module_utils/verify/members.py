"""A bond's members and what each of them has sent.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from ..system import System

#: Names of the wire's own counter in `ethtool -S`; RDMA passes by the interface's counter.
WIRE_COUNTERS = ("tx_bytes_phy",)


def names(system: System, bond: str) -> list[str]:
    """The bond's members as the kernel has them now; empty if it is no bond."""
    return (system.read(f"/sys/class/net/{bond}/bonding/slaves") or "").split()


def active(system: System, bond: str) -> str:
    """The member in use of a bond that has one active member; empty in other modes."""
    return system.read(f"/sys/class/net/{bond}/bonding/active_slave") or ""


def sent(system: System, bond: str) -> dict[str, int]:
    """Member → bytes sent since the interface was made. RuntimeError if it is no bond."""
    found = {name: _sent(system, name) for name in names(system, bond)}
    if not found:
        raise RuntimeError(f"{bond} is no bond with members")
    return found


def _sent(system: System, member: str) -> int:
    listing = system.run("ethtool", "-S", member, check=False, timeout=10)
    for counter in WIRE_COUNTERS:
        match = re.search(rf"^\s*{counter}:\s*(\d+)", listing.stdout, re.M)
        if match:
            return int(match[1])
    return int(system.read(f"/sys/class/net/{member}/statistics/tx_bytes") or 0)


def growth(
    system: System, bond: str, before: Mapping[str, int], least: int, seconds: float = 3
) -> dict[str, int]:
    """Member → bytes sent since *before*, once they add up to *least* bytes.

    Drivers read their counters only now and then, so this waits, at most *seconds*.
    """
    until = time.monotonic() + seconds
    while True:
        now = sent(system, bond)
        grown = {name: now.get(name, 0) - count for name, count in before.items()}
        if sum(grown.values()) >= least or time.monotonic() >= until:
            return grown
        system.sleep(0.2)

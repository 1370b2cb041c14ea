"""RDMA devices as the kernel shows them: which interface, which GIDs."""

from __future__ import annotations

import os
from typing import Any

from ..system import System

DEVICES = "/sys/class/infiniband"
TYPES = {1: "IB/RoCE v1", 2: "RoCE v2"}
#: an IPv4 address in a GID
IPV4_GID = "0000:0000:0000:0000:0000:ffff:"
EMPTY_GID = "0000:0000:0000:0000:0000:0000:0000:0000"
#: tables are dense at their beginning and have up to 1024 entries
EMPTY_ENTRIES_THAT_END_A_TABLE = 16


def software(system: System, device: str) -> bool:
    """Soft-RoCE and its like: no hardware behind it."""
    return not system.exists(f"{DEVICES}/{device}/device")


def gids(system: System, device: str) -> list[dict[str, Any]]:
    """The GID table of the device's port 1: [{index, gid, type, netdev}], without empty entries."""
    base = f"{DEVICES}/{device}/ports/1"
    found: list[dict[str, Any]] = []
    empty, index = 0, 0
    while empty < EMPTY_ENTRIES_THAT_END_A_TABLE:
        gid = system.read(f"{base}/gids/{index}")
        if gid is None:
            break
        kind = None if gid == EMPTY_GID else system.read(f"{base}/gid_attrs/types/{index}")
        if kind is None:
            empty += 1
        else:
            empty = 0
            netdev = system.read(f"{base}/gid_attrs/ndevs/{index}")
            found.append({"index": index, "gid": gid, "type": kind, "netdev": netdev})
        index += 1
    return found


def netdev_of(system: System, device: str) -> str | None:
    """The interface that the device is on."""
    parent = system.read(f"{DEVICES}/{device}/parent")
    if parent:
        return parent
    return system.read(f"{DEVICES}/{device}/ports/1/gid_attrs/ndevs/0")


def device_of(system: System, netdev: str) -> str | None:
    """The NIC's own RDMA device that serves *netdev* (a port, a bond over it, a VLAN over that)."""
    below = set()
    for port in lower_ports(system, netdev):
        below.update(system.list(f"/sys/class/net/{port}/device/infiniband"))
    for device in sorted(below):
        if any(gid["netdev"] == netdev for gid in gids(system, device)):
            return device
    return min(below, default=None)


def carrier(system: System, netdev: str) -> str:
    """The interface that a Soft-RoCE link for *netdev* is made on.

    The kernel takes real interfaces and bonds only; a VLAN's addresses become GIDs of the link
    on the interface below it.
    """
    path = f"/sys/class/net/{netdev}"
    if "DEVTYPE=vlan" not in (system.read(f"{path}/uevent") or "").split():
        return netdev
    lower = [name[len("lower_") :] for name in system.list(path) if name.startswith("lower_")]
    return carrier(system, lower[0]) if lower else netdev


def lower_ports(system: System, netdev: str) -> list[str]:
    """The interfaces at the bottom of *netdev*: bond members, a VLAN's or a bridge's ports."""
    path = f"/sys/class/net/{netdev}"
    lower = [name[len("lower_") :] for name in system.list(path) if name.startswith("lower_")]
    lower += [p for p in system.list(f"{path}/brif") if p not in lower]
    if not lower:
        return [netdev] if system.exists(path) else []
    return sorted({port for name in lower for port in lower_ports(system, name)})


def pci_address(system: System, netdev: str) -> str | None:
    """The PCI address of the interface's NIC, also behind virtio."""
    target = os.path.realpath(system.path(f"/sys/class/net/{netdev}/device"))
    for part in reversed(target.split("/")):
        if len(part) == 12 and part[4] == ":" and part[7] == ":" and part[10] == ".":
            return part
    return None


def gid_of(table: list[dict[str, Any]], netdev: str, version: int) -> dict[str, Any] | None:
    """The GID that connections should use: of the wanted RoCE version, of an IPv4 address."""
    for gid in table:
        wanted = (gid["type"], gid["netdev"]) == (TYPES[version], netdev)
        if wanted and gid["gid"].startswith(IPV4_GID):
            return {**gid, "address": ipv4(gid["gid"])}
    return None


def ipv4(gid: str) -> str:
    """The IPv4 address in a mapped GID."""
    number = int(gid[-9:].replace(":", ""), 16)
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))

"""The RDMA device and the GID that connections of an interface use.

RoCE has one GID for each address and version: the index differs from host to host and
after each change of addresses, so it is looked up, never written down. A device may sit
below the interface (Soft-RoCE on a bond serves the bond's VLANs), so the GID decides.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

import ipaddress

from ..system import System

TYPES = {1: "IB/RoCE v1", 2: "RoCE v2"}
DEVICES = "/sys/class/infiniband"


def find(
    system: System, interface: str, address: str, version: int = 2, port: int = 1
) -> tuple[str, int]:
    """Device and index of the GID of *address* on *interface*.

    address  without prefix; IPv4 is looked up in its mapped form (::ffff:a.b.c.d).
    RuntimeError says which GIDs there are instead.
    """
    wanted = _as_gid(address)
    present = []
    for device in system.list(DEVICES):
        base = f"{DEVICES}/{device}/ports/{port}"
        for name in sorted(system.list(f"{base}/gids"), key=int):
            text = system.read(f"{base}/gids/{name}") or ""
            kind = system.read(f"{base}/gid_attrs/types/{name}")
            if not kind or not text.strip("0:"):
                continue
            netdev = system.read(f"{base}/gid_attrs/ndevs/{name}")
            gid = ipaddress.IPv6Address(text)
            present.append(f"{device} {name} {kind} {netdev} {_readable(gid)}")
            if kind == TYPES[version] and netdev == interface and gid == wanted:
                return device, int(name)
    raise RuntimeError(
        f"no {TYPES[version]} GID of {address} on {interface}; there is: "
        + ("; ".join(present) or "no RDMA device with a GID")
    )


def _as_gid(address: str) -> ipaddress.IPv6Address:
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv4Address):
        return ipaddress.IPv6Address(f"::ffff:{parsed}")
    return parsed


def _readable(gid: ipaddress.IPv6Address) -> str:
    return f"::ffff:{gid.ipv4_mapped}" if gid.ipv4_mapped else str(gid)

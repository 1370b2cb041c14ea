"""Addresses that follow from a fabric's ranges and a host's index."""

from __future__ import annotations

import ipaddress

from ..problems import ModelError, Path, Problem
from ..sections.fabrics import Fabric
from ..sections.scalars import Address, parse_range


def host_address(fabric: Fabric, index: int, path: Path = ()) -> str | None:
    """``address/prefix`` of the host with *index* (from 1); None where the fabric gives none.

    ModelError (``index-range``) if the range ends before it.
    """
    if fabric.subnet is None or fabric.ranges.hosts is None:
        return None
    prefix = ipaddress.ip_network(fabric.subnet).prefixlen
    return f"{_nth(fabric.ranges.hosts, index, 1, path)}/{prefix}"


def pod_slice(fabric: Fabric, index: int, size: int, path: Path = ()) -> tuple[str, str] | None:
    """First and last address for pods on the node with *index* (from 1), *size* addresses long.

    None where the fabric has no range for pods; ModelError if the range ends before it.
    """
    if fabric.ranges.pods is None:
        return None
    start = _nth(fabric.ranges.pods, index, size, path)
    return str(start), str(start + (size - 1))


def _nth(text: str, index: int, size: int, path: Path) -> Address:
    """Start of the *index*-th block of *size* addresses in a range."""
    first, last = parse_range(text)
    room = (int(last) - int(first) + 1) // size
    if not 1 <= index <= room:
        raise ModelError(
            [
                Problem(
                    "index-range",
                    path,
                    f"host index {index} is not within 1-{room}, the places of range {text}",
                    "Widen the range, or set site_host_index to a free place in it.",
                    text,
                )
            ]
        )
    return first + (index - 1) * size

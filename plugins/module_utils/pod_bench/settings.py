"""What is measured, and how long it may take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError

_IMAGE = re.compile(r"[a-z0-9][a-z0-9._/:@-]{0,254}")


@dataclass(frozen=True)
class Settings:
    """image       with python3, iproute2, iperf3, perftest.
    seconds     of each iperf3 run.
    sizes       bytes of the RDMA curves; volume: bytes that each point moves.
    timeout     seconds for one pair of nodes, and for a node's pod to start.
    nodes       names; empty: all that are ready.
    privileged  pods with RDMA are privileged: where no device plugin hands the device over.
    """

    image: str
    seconds: int
    sizes: tuple[int, ...]
    volume: int
    timeout: int
    nodes: tuple[str, ...]
    privileged: bool

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Settings:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        found = cls(
            r.text("image"), r.number("seconds", 3, 1, 600), r.numbers("sizes", 1, 1 << 24),
            r.number("volume", 1 << 20, 1, 1 << 40), r.number("timeout", 300, 10, 7200),
            r.texts("nodes"), r.flag("privileged", False),
        )  # fmt: skip
        r.end()
        if not _IMAGE.fullmatch(found.image):
            raise SpecError(f"image: {found.image!r} is no reference of an image")
        return found

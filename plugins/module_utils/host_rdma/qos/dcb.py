"""iproute2's ``dcb``. Key names as dcb(8) prints them with ``--json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...system import System
from .tool import PortState


class Dcb:
    """mlx5 trusts DSCP as soon as a port has a DSCP entry, and PCP when the last one goes."""

    name = "dcb"

    def __init__(self, system: System) -> None:
        self.system = system

    def _show(self, what: str, port: str, *arguments: str) -> dict[str, Any]:
        answer = self.system.run(
            "dcb", "-N", "-j", what, "show", "dev", port, *arguments, check=False
        )
        if answer.status:
            # a driver that does not know this attribute
            return {}
        try:
            data = json.loads(answer.stdout or "{}")
        except ValueError:
            return {}
        return data if isinstance(data, dict) else {}

    def show(self, port: str) -> PortState:
        mapped = {
            int(k): int(v) for k, v in self._show("app", port, "dscp-prio").get("dscp_prio", [])
        }
        dcbx = self._show("dcbx", port)
        enabled = self._show("pfc", port).get("prio_pfc", [])
        return PortState(
            host_managed=not dcbx or bool(dcbx.get("host")),
            trust="dscp" if mapped else "pcp",
            dscp=mapped,
            pfc=tuple(n for n, on in enumerate(enabled) if on in (True, 1, "on")),
            buffer=tuple(int(size) for size in self._show("buffer", port).get("buffer_size", [])),
        )

    def _set(self, what: str, verb: str, port: str, *arguments: str) -> None:
        self.system.run("dcb", what, verb, "dev", port, *arguments)

    def take_over(self, port: str) -> None:
        self._set("dcbx", "set", port, "host", "ieee")

    def set_trust(self, port: str, trust: str) -> None:
        if trust == "pcp":
            self._set("app", "flush", port, "dscp-prio")

    def map_dscp(self, port: str, dscp: int, priority: int) -> None:
        self._set("app", "replace", port, "dscp-prio", f"{dscp}:{priority}")

    def set_pfc(self, port: str, priorities: Sequence[int]) -> None:
        self._set("pfc", "set", port, "prio-pfc", "all:off", *(f"{p}:on" for p in priorities))

    def set_buffer(self, port: str, sizes: Sequence[int]) -> None:
        numbered = (f"{n}:{size}" for n, size in enumerate(sizes))
        self._set("buffer", "set", port, "buffer-size", *numbered)

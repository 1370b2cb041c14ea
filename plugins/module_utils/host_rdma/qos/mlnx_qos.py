"""NVIDIA's ``mlnx_qos``, which comes with DOCA and OFED."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...system import System
from .tool import PortState


class MlnxQos:
    """Reads the tool's text: it has no other form."""

    name = "mlnx_qos"

    def __init__(self, system: System) -> None:
        self.system = system

    def show(self, port: str) -> PortState:
        text = self.system.run("mlnx_qos", "-i", port).stdout
        mapped: dict[int, int] = {}
        for priority, values in re.findall(r"prio:(\d)\s+dscp:([\d,]+)", text):
            mapped.update({int(v): int(priority) for v in values.split(",") if v})
        trust = re.search(r"[Tt]rust state:\s*(\w+)", text)
        enabled = re.search(r"^\s*enabled\s+((?:[01]\s*){8})$", text, re.M)
        buffer = re.search(r"[Rr]eceive buffer size \(bytes\):\s*([\d,\s]+?)(?:,\s*max|\n)", text)
        mode = re.search(r"DCBX mode:\s*(.+)", text)
        return PortState(
            host_managed=mode is None or mode[1].strip().startswith("OS"),
            trust="dscp" if trust and trust[1] == "dscp" else "pcp",
            dscp=mapped,
            pfc=tuple(n for n, on in enumerate(enabled[1].split()) if on == "1") if enabled else (),
            buffer=tuple(int(n) for n in re.findall(r"\d+", buffer[1])) if buffer else (),
        )

    def _set(self, port: str, *arguments: str) -> None:
        self.system.run("mlnx_qos", "-i", port, *arguments)

    def take_over(self, port: str) -> None:
        self._set(port, "-d", "os")

    def set_trust(self, port: str, trust: str) -> None:
        self._set(port, "--trust", trust)

    def map_dscp(self, port: str, dscp: int, priority: int) -> None:
        self._set(port, "--dscp2prio", f"set,{dscp},{priority}")

    def set_pfc(self, port: str, priorities: Sequence[int]) -> None:
        self._set(port, "--pfc", ",".join("1" if n in priorities else "0" for n in range(8)))

    def set_buffer(self, port: str, sizes: Sequence[int]) -> None:
        self._set(port, "--buffer_size", ",".join(str(size) for size in sizes))

"""What a tool for a port's priorities can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class PortState:
    """A port as a tool shows it.

    host_managed  the host decides, not the NIC's firmware (DCBX).
    trust         "dscp" or "pcp".
    dscp          {DSCP: priority}.
    pfc           priorities with pause frames.
    buffer        bytes of each receive buffer; () if the driver does not say.
    """

    host_managed: bool
    trust: str
    dscp: dict[int, int]
    pfc: tuple[int, ...]
    buffer: tuple[int, ...]


class Tool(Protocol):
    """RuntimeError with the command's words when something cannot be done."""

    name: str

    def show(self, port: str) -> PortState: ...

    def take_over(self, port: str) -> None:
        """The host decides from now on."""
        ...

    def set_trust(self, port: str, trust: str) -> None: ...

    def map_dscp(self, port: str, dscp: int, priority: int) -> None: ...

    def set_pfc(self, port: str, priorities: Sequence[int]) -> None: ...

    def set_buffer(self, port: str, sizes: Sequence[int]) -> None: ...

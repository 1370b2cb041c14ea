"""Who stays and who leaves, checked; errors name the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError

__all__ = ["RemovalSpec", "SpecError"]


@dataclass(frozen=True)
class RemovalSpec:
    """model: names of the nodes that the model has. remove: of those that are to leave.

    force  whether pods that nobody brings back may be lost with their node.
    wait   seconds for the pods of a node to leave.
    """

    model: tuple[str, ...]
    remove: tuple[str, ...] = ()
    force: bool = False
    wait: int = 300

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> RemovalSpec:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        spec = cls(
            r.texts("model"), r.texts("remove"), r.flag("force", False),
            r.number("wait", 300, 1, 86400),
        )  # fmt: skip
        r.end()
        return spec

"""Desired labels and taints, checked; errors name the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError

__all__ = ["NodeSpec", "NodesSpec", "SpecError", "Taint"]

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


@dataclass(frozen=True, order=True)
class Taint:
    """What keeps pods away that do not tolerate it."""

    key: str
    effect: str
    value: str = ""

    @classmethod
    def parse(cls, text: str, where: str) -> Taint:
        """From ``key=value:effect`` or ``key:effect``. Raises SpecError."""
        front, _, effect = text.rpartition(":")
        key, _, value = front.partition("=")
        if not key or effect not in EFFECTS:
            raise SpecError(f"{where}: {text!r} is not key=value:effect ({', '.join(EFFECTS)})")
        return cls(key, effect, value)

    @property
    def identity(self) -> str:
        return f"{self.key}:{self.effect}"

    def as_dict(self) -> dict[str, str]:
        found = {"key": self.key, "effect": self.effect}
        return {**found, "value": self.value} if self.value else found


@dataclass(frozen=True)
class NodeSpec:
    """One node: all labels and taints that the model gives it, beside those of others."""

    name: str
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]


@dataclass(frozen=True)
class NodesSpec:
    """Nodes of one cluster."""

    nodes: tuple[NodeSpec, ...]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> NodesSpec:
        """From ``{nodes: [{name, labels, taints}]}``. Raises SpecError."""
        r = Reader(data, "")
        nodes = []
        for each in r.objects("nodes"):
            where = each.key("taints")
            taints = tuple(sorted(Taint.parse(text, where) for text in each.texts("taints")))
            nodes.append(NodeSpec(each.text("name"), each.settings("labels"), taints))
            each.end()
        r.end()
        return cls(tuple(nodes))

"""What the model says of the cloud, as far as it is proven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..cloud.placement import Flavor
from ..host_datapath.reading import Reader, SpecError

__all__ = ["Canary", "SpecError", "VerifySpec"]


@dataclass(frozen=True)
class Canary:
    """A server with one VF port. seconds: until it is ACTIVE, and until it is gone."""

    project: str
    flavor: str
    image: str
    network: str
    switchdev: bool
    seconds: int


@dataclass(frozen=True)
class VerifySpec:
    """hosts: compute host → physical network → VFs. quotas: project → what → limit.

    nodes   bare-metal node → state that it is to be in.
    canary  None where no server of the model has a VF.
    source  where figures come from (HARDWARE, EMULATION, STAND_IN).
    """

    hosts: Mapping[str, Mapping[str, int]]
    quotas: Mapping[str, Mapping[str, int]]
    flavors: Mapping[str, Flavor]
    nodes: Mapping[str, str]
    canary: Canary | None
    source: str

    @classmethod
    def parse(cls, data: Any, source: str) -> VerifySpec:
        """From ``{hosts, quotas, flavors, nodes, canary}``. Raises SpecError."""
        r = Reader(data, "")
        hosts = {name: _numbers(each) for name, each in _named(r, "hosts").items()}
        quotas = {name: _numbers(each) for name, each in _named(r, "quotas").items()}
        flavors = {name: _flavor(each) for name, each in _named(r, "flavors").items()}
        nodes, canary = r.settings("nodes"), r.object("canary")
        r.end()
        return cls(hosts, quotas, flavors, nodes, _canary(canary) if canary else None, source)


def _named(r: Reader, key: str) -> dict[str, Reader]:
    found = r.object(key)
    return {str(n): Reader(v, f"{key}.{n}") for n, v in found.value.items()} if found else {}


def _numbers(r: Reader) -> dict[str, int]:
    return {str(key): r.number(str(key), None, -1, 1 << 40) for key in r.value}


def _flavor(r: Reader) -> Flavor:
    found = Flavor(
        r.number("vcpus", None, 1, 1 << 20), r.number("ram", None, 1, 1 << 40),
        r.number("disk", None, 0, 1 << 40), r.settings("extra_specs"),
    )  # fmt: skip
    r.ignore("projects")
    r.end()
    return found


def _canary(r: Reader) -> Canary:
    found = Canary(
        r.text("project"), r.text("flavor"), r.text("image"), r.text("network"),
        r.flag("switchdev", True), r.number("seconds", 300, 1, 86400),
    )  # fmt: skip
    r.end()
    return found

"""The desired state of a node's pod networks, checked; errors name the key."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError

__all__ = ["NetworkSpec", "SpecError"]


@dataclass(frozen=True)
class NetworkSpec:
    """The plain bridge: this node's pods, and by which node those of others are reached.

    pod_subnet  of this node. mtu: of pods' interfaces, bytes.
    routes      {another node's pod subnet: its address}.
    """

    pod_subnet: str
    mtu: int
    routes: Mapping[str, str]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> NetworkSpec:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        routes = r.settings("routes")
        spec = cls(r.text("pod_subnet"), r.number("mtu", 1500, 1280, 9216), routes)
        r.end()
        for key, text in (("pod_subnet", spec.pod_subnet), *(("routes", to) for to in routes)):
            try:
                ipaddress.ip_network(text)
            except ValueError as error:
                raise SpecError(f"{key}: {error}") from None
        for to, via in routes.items():
            try:
                ipaddress.ip_address(via)
            except ValueError as error:
                raise SpecError(f"routes.{to}: {error}") from None
        return spec

"""The desired endpoint, checked; errors name the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError

__all__ = ["EndpointSpec", "SpecError"]


@dataclass(frozen=True)
class EndpointSpec:
    """virtual: the address that moves; "" where a site's load balancer is in front.

    address  the node's own.
    members  all control planes' addresses, the one that is preferred first; the same on each.
    """

    cluster: str
    virtual: str
    address: str
    members: tuple[str, ...]
    port: int

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> EndpointSpec:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        members = {f"members[{n}]": text for n, text in enumerate(r.texts("members"))}
        each = Reader(members, "")
        spec = cls(
            r.word("cluster"),
            r.address("virtual", optional=True),
            r.address("address"),
            tuple(each.address(key) for key in members),
            r.number("port", 6443, 1, 65535),
        )
        r.end()
        if spec.virtual and spec.address not in spec.members:
            raise SpecError(f"members: {spec.address} is not among them")
        return spec

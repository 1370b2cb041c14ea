"""What a fair hash does with many flows, and how far chance alone goes.

A bond with a layer3+4 hash puts each flow on one member. With flows of equal size
a member's share of the bytes is its share of the flows, which is binomial.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: How often a fair hash may be called unfair: once in a million measurements.
RISK = 1e-6


def binomial_range(flows: int, probability: float, risk: float = RISK) -> tuple[int, int]:
    """The fewest and the most of *flows* that a member gets by chance.

    Outside of it lies at most *risk*, half at each end. ValueError for less than one
    flow or a probability that is not between 0 and 1.
    """
    if flows < 1 or not 0 < probability < 1:
        raise ValueError(f"no distribution of {flows} flows with probability {probability}")
    mass = [
        math.comb(flows, k) * probability**k * (1 - probability) ** (flows - k)
        for k in range(flows + 1)
    ]
    low, tail = 0, mass[0]
    while tail <= risk / 2:
        low += 1
        tail += mass[low]
    high, tail = flows, mass[flows]
    while tail <= risk / 2:
        high -= 1
        tail += mass[high]
    return low, high


@dataclass(frozen=True)
class Spread:
    """How the bytes of many equal flows fell on a bond's members.

    bytes     member → bytes that it carried.
    flows     number of flows.
    low/high  the share that chance gives a member, 0 to 1.
    """

    bytes: Mapping[str, int]
    flows: int
    low: float
    high: float

    @property
    def total(self) -> int:
        return sum(self.bytes.values())

    def share(self, member: str) -> float:
        """A member's part of all bytes, 0 to 1; 0 when nothing was carried."""
        return self.bytes[member] / self.total if self.total else 0.0

    @property
    def idle(self) -> list[str]:
        """Members that carried less than half a flow: acknowledgements and LACP, no data."""
        return [m for m, count in self.bytes.items() if count * self.flows * 2 < self.total]

    @property
    def fair(self) -> bool:
        """Whether every member's share is what chance gives."""
        return self.total > 0 and all(self.low <= self.share(m) <= self.high for m in self.bytes)


def spread(grown: Mapping[str, int], flows: int, risk: float = RISK) -> Spread:
    """Judge the growth of each member's bytes under *flows* flows of equal size.

    The limits are half a flow wider on both sides, for headers and other traffic.
    """
    if len(grown) < 2:
        raise ValueError("a spread needs at least two members")
    low, high = binomial_range(flows, 1 / len(grown), risk)
    return Spread(dict(grown), flows, max(low - 0.5, 0) / flows, min(high + 0.5, flows) / flows)


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the middle two. ValueError for none."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2

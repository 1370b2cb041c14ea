"""What a host brings back: checks, curves, spreads, and what was left out.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..converge import Check
from .bonding import BOTH, Expectation
from .statistics import Spread

#: Name of what is skipped because only a reboot makes it effective.
REBOOT = "reboot"


@dataclass
class Series:
    """A curve. points: [message size in bytes, value]; unit of the values as named.

    kind         "bandwidth" (Gbit/s) or "latency" (microseconds, one way).
    expectation  [size, value] from the model, empty where it says nothing.
    holds        whether the expectation is a promise for this source: hardware only.
    """

    kind: str
    label: str
    peer: str
    network: str
    source: str
    unit: str
    points: list[list[float]] = field(default_factory=list)
    expectation: list[list[float]] = field(default_factory=list)
    expectation_text: str = ""
    holds: bool = False


@dataclass
class Findings:
    """All of one host. Everything in it is JSON-able by ``as_dict``."""

    host: str
    checks: list[Check] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    spreads: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def check(
        self,
        name: str,
        ok: bool,
        expected: Any,
        got: Any,
        *,
        source: str,
        step: str = "",
        look: str = "",
    ) -> bool:
        """Add a check, and say whether it holds."""
        self.checks.append(Check(name, ok, expected, got, source, step, look))
        return ok

    def skip(self, name: str, reason: str) -> None:
        """Something that was not asked: it is neither right nor wrong."""
        self.skipped.append({"name": name, "reason": reason})

    def add_spread(
        self, bond: str, load: str, peer: str, spread: Spread, source: str, expected: Expectation
    ) -> None:
        """How a load fell on a bond's members; *load* says which ("48 TCP flows").

        low and high are None where no fair spread is expected.
        """
        fair = expected.members == BOTH
        self.spreads.append(
            {
                "bond": bond,
                "load": load,
                "peer": peer,
                "flows": spread.flows,
                "bytes": dict(spread.bytes),
                "expected": expected.text,
                "low": spread.low if fair else None,
                "high": spread.high if fair else None,
                "source": source,
            }
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as the module returns it and the report reads it."""
        return {
            "host": self.host,
            "checks": [asdict(check) for check in self.checks],
            "series": [asdict(series) for series in self.series],
            "spreads": self.spreads,
            "skipped": self.skipped,
            "facts": self.facts,
            "seconds": round(self.seconds, 1),
        }


def shares(spread: Spread) -> str:
    """ "data0 52 %, data1 48 %"."""
    return ", ".join(f"{name} {spread.share(name):.0%}" for name in spread.bytes)


def joined(words: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)

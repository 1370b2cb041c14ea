"""The page's section on what the bonds' members carried."""

from __future__ import annotations

from typing import Any

from .assemble import Report
from .html import chip, e
from .plot import COLOURS

MOST_SPREADS = 24


def spreads(report: Report) -> str:
    """The section; empty without a measured bond."""
    found = [(host["host"], spread) for host in report["hosts"] for spread in host["spreads"]]
    if not found:
        return ""
    total = len(found)
    if total > MOST_SPREADS:
        found = sorted(found, key=lambda pair: -_deviation(pair[1]))[:MOST_SPREADS]
    note = (
        "Bytes that each member of a bond sent under many flows of equal size, and what the "
        "bond's mode and hash make of them. The bracket shows where the first member's share ends "
        "with a fair hash: only once in a million measurements would chance alone lead outside "
        "of it. Where flows keep to one member there is none."
    )
    if total > len(found):
        note += f" The {len(found)} most uneven of {total}."
    rows = "".join(_spread(host, spread) for host, spread in found)
    return (
        f'<section><h2>Members of the bonds</h2><div class="card"><p class="soft">{note}</p>'
        f"{rows}</div></section>"
    )


def _spread(host: str, spread: dict[str, Any]) -> str:
    counts = spread["bytes"]
    total = sum(counts.values()) or 1
    parts = "".join(
        f'<span class="c{n % COLOURS}" style="width:{100 * count / total:.2f}%">'
        f"{e(name)} {100 * count / total:.0f} %</span>"
        for n, (name, count) in enumerate(counts.items())
    )
    chance = ""
    if spread["low"] is not None:
        low, high = 100 * spread["low"], 100 * spread["high"]
        chance = (
            f'<div class="chance" title="{low:.0f} to {high:.0f} %">'
            f'<i style="left:{low:.2f}%;width:{high - low:.2f}%"></i></div>'
        )
    return (
        f'<div class="member"><div><b>{e(host)}</b> {e(spread["bond"])}<br>'
        f'<span class="soft">{e(spread["load"])} to {e(spread["peer"])}; '
        f"{e(spread['expected'])}</span> {chip(spread['source'])}</div>"
        f'<div><div class="bar">{parts}</div>{chance}</div></div>'
    )


def _deviation(spread: dict[str, Any]) -> float:
    total = sum(spread["bytes"].values()) or 1
    return max(abs(count / total - 1 / len(spread["bytes"])) for count in spread["bytes"].values())

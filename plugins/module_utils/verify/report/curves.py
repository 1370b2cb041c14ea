"""Which curves go into which plot, however many pairs of hosts there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..statistics import median
from .assemble import Report
from .plot import COLOURS, Line, Plot

TITLES = {"bandwidth": "RDMA write bandwidth", "latency": "RDMA write latency, one way"}
#: More curves than this in a plot are drawn faint, under their median.
DISTINCT = COLOURS


@dataclass(frozen=True)
class Panel:
    """A plot with all that is said about it. rows: (label, [[size, value]…]) for its table."""

    plot: Plot
    network: str
    source: str
    note: str
    rows: list[tuple[str, list[list[float]]]]


def panels(report: Report) -> list[Panel]:
    """One panel for each network, kind of curve and source, in the report's order."""
    groups: dict[tuple[str, str, str], list[tuple[str, dict[str, Any]]]] = {}
    for host in report["hosts"]:
        for series in host["series"]:
            if series["points"]:
                key = (series["network"], series["kind"], series["source"])
                groups.setdefault(key, []).append((host["host"], series))
    order = sorted(groups, key=lambda key: (key[0], key[1] != "bandwidth", key[2]))
    return [_panel(key, groups[key]) for key in order]


def _panel(key: tuple[str, str, str], members: list[tuple[str, dict[str, Any]]]) -> Panel:
    network, kind, source = key
    labelled = [(_label(host, series, kind), series) for host, series in members]
    lines = _measured(labelled)
    expected: list[Line] = []
    note = ""
    for _name, series in labelled:
        text = series["expectation_text"]
        if series["expectation"] and text not in [line.label for line in expected]:
            expected.append(Line(text, series["expectation"], "expected"))
            held = "held to it" if series["holds"] else f"shown beside; {source} is not held to it"
            note = f"Expectation: {text} ({held})."
    values = [y for line in lines for _x, y in line.points]
    reference = [y for line in expected for _x, y in line.points]
    wide = bool(reference) and max(reference) > 4 * max(values)
    plot = Plot(
        TITLES.get(kind, kind), members[0][1]["unit"], [*expected, *lines],
        logarithmic=kind == "latency" or wide,
    )  # fmt: skip
    rows = [(name, series["points"]) for name, series in labelled]
    return Panel(plot, network, source, note, rows)


def _label(host: str, series: dict[str, Any], kind: str) -> str:
    pair = f"{host} → {series['peer']}"
    return f"{pair}, {series['label']}" if kind == "bandwidth" else pair


def _measured(labelled: list[tuple[str, dict[str, Any]]]) -> list[Line]:
    if len(labelled) <= DISTINCT:
        return [
            Line(name, series["points"], "measured", number)
            for number, (name, series) in enumerate(labelled)
        ]
    lines = [Line(name, series["points"], "faint") for name, series in labelled]
    kinds = list(dict.fromkeys(series["label"] for _name, series in labelled))
    for number, label in enumerate(kinds):
        values: dict[float, list[float]] = {}
        for _name, series in labelled:
            if series["label"] == label:
                for size, value in series["points"]:
                    values.setdefault(size, []).append(value)
        points = [[size, median(values[size])] for size in sorted(values)]
        lines.append(Line(f"median of all pairs, {label}", points, "median", number))
    return lines

"""Curves over message size as SVG made by hand: no library, no outside asset.

Colours and fonts come from the page's style sheet by class, so light and dark both work.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from .assemble import figure

WIDTH, HEIGHT = 600, 330
LEFT, RIGHT, TOP, BOTTOM = 58, 18, 22, 44
#: The style sheet has this many line colours.
COLOURS = 6

Points = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Line:
    """One curve. style: "measured", "median", "faint" or "expected"; colour from 0."""

    label: str
    points: Points
    style: str = "measured"
    colour: int = 0


@dataclass(frozen=True)
class Plot:
    """Curves over message size in bytes (log2). The y axis is linear, or log10."""

    title: str
    unit: str
    lines: Sequence[Line] = field(default_factory=tuple)
    logarithmic: bool = False


class _Axes:
    def __init__(self, plot: Plot) -> None:
        sizes = [x for line in plot.lines for x, _y in line.points] or [1]
        values = [y for line in plot.lines for _x, y in line.points if y > 0] or [1]
        self.low_x, self.high_x = math.log2(min(sizes)), math.log2(max(sizes))
        if self.low_x == self.high_x:
            self.low_x, self.high_x = self.low_x - 1, self.high_x + 1
        self.logarithmic = plot.logarithmic
        if self.logarithmic:
            self.low = math.floor(math.log10(min(values)) + 1e-9)
            self.high = max(math.ceil(math.log10(max(values)) - 1e-9), self.low + 1)
            self.ticks = [10.0**n for n in range(int(self.low), int(self.high) + 1)]
        else:
            step = _nice(max(values) * 1.05 / 5)
            count = math.ceil(max(values) * 1.02 / step)
            self.low, self.high = 0.0, step * count
            self.ticks = [step * n for n in range(count + 1)]

    def x(self, size: float) -> float:
        part = (math.log2(size) - self.low_x) / (self.high_x - self.low_x)
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        place = math.log10(max(value, 10.0**self.low)) if self.logarithmic else value
        part = (place - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM), 1)


def svg(plot: Plot) -> str:
    """The plot as an SVG element. Without a point: an empty string."""
    if not any(line.points for line in plot.lines):
        return ""
    axes = _Axes(plot)
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(_spoken(plot))}">'
    ]
    for tick in axes.ticks:
        y = axes.y(tick)
        parts.append(f'<path class="grid" d="M{LEFT} {y}H{right}"/>')
        parts.append(
            f'<text class="tick" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{tick:,g}</text>'
        )
    for power in _powers(axes):
        x = axes.x(2**power)
        parts.append(f'<path class="grid" d="M{x} {TOP}V{bottom}"/>')
        parts.append(
            f'<text class="tick" x="{x}" y="{bottom + 18}" text-anchor="middle">'
            f"{size(2**power)}</text>"
        )
    parts.append(f'<path class="axis" d="M{LEFT} {bottom}H{right}"/>')
    parts.append(
        f'<text class="unit" x="{LEFT - 8}" y="{TOP - 9}" text-anchor="end">'
        f"{escape(plot.unit)}</text>"
    )
    parts.append(
        f'<text class="unit" x="{right}" y="{HEIGHT - 6}" text-anchor="end">message size</text>'
    )
    parts += [_line(axes, line) for line in plot.lines if line.points]
    return "".join(parts) + "</svg>"


def _line(axes: _Axes, line: Line) -> str:
    places = [(axes.x(x), axes.y(y)) for x, y in line.points]
    path = "M" + "L".join(f"{x} {y}" for x, y in places)
    colour = f"c{line.colour % COLOURS}"
    marks = ""
    if line.style in ("measured", "median"):
        marks = "".join(
            f'<circle class="dot {colour}" cx="{x}" cy="{y}" r="3.5">'
            f"<title>{escape(line.label)}: {size(point[0])}, {figure(point[1])}</title></circle>"
            for (x, y), point in zip(places, line.points, strict=True)
        )
    return f'<path class="line {line.style} {colour}" d="{path}"/>{marks}'


def size(number: float) -> str:
    """Bytes as people write message sizes: 64, 4K, 1M."""
    for unit, letter in ((1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")):
        if number >= unit and number % unit == 0:
            return f"{number / unit:g}{letter}"
    return f"{number:g}"


def _powers(axes: _Axes) -> list[int]:
    first, last = math.ceil(axes.low_x), math.floor(axes.high_x)
    stride = max(1, math.ceil((last - first) / 8))
    return list(range(first, last + 1, stride))


def _nice(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(n * power for n in (1, 2, 2.5, 5, 10) if n * power >= step * 0.999)


def _spoken(plot: Plot) -> str:
    ends = [
        f"{line.label}: {figure(line.points[0][1])} at {size(line.points[0][0])} bytes to "
        f"{figure(line.points[-1][1])} at {size(line.points[-1][0])} bytes"
        for line in plot.lines
        if line.points and line.style != "faint"
    ]
    return f"{plot.title} in {plot.unit} over message size. " + "; ".join(ends)

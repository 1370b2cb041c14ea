"""The mesh as a matrix for each network: from each node (row) to each other (column)."""

from __future__ import annotations

from typing import Any

from .assemble import Report, figure
from .html import e


def matrices(report: Report) -> list[tuple[str, list[str], list[list[float | None]]]]:
    """(network, nodes, rows of Gbit/s); None where nothing was measured."""
    found: dict[str, dict[tuple[str, str], float]] = {}
    for cell in report.get("mesh", ()):
        found.setdefault(cell["network"], {})[cell["source"], cell["target"]] = cell["gbits"]
    result = []
    for network, cells in found.items():
        nodes = sorted({name for pair in cells for name in pair})
        rows = [[cells.get((one, other)) for other in nodes] for one in nodes]
        result.append((network, nodes, rows))
    return result


def mesh(report: Report) -> str:
    """The section of the page; "" without measurements."""
    shown = "".join(_matrix(*each) for each in matrices(report))
    if not shown:
        return ""
    return f"<section><h2>TCP between pods, Gbit/s, from row to column</h2>{shown}</section>"


def _matrix(network: str, nodes: list[str], rows: list[list[float | None]]) -> str:
    head = "".join(f"<th>{e(name)}</th>" for name in nodes)
    body = "".join(
        f"<tr><th>{e(name)}</th>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>"
        for name, row in zip(nodes, rows, strict=True)
    )
    table = f"<table><tr><th></th>{head}</tr>{body}</table>"
    return f"<h3>{e(network)}</h3>{table}"


def _cell(value: float | None) -> str:
    return "" if value is None else figure(value)


def lines(report: Report) -> list[str]:
    """The same for a terminal."""
    found = []
    for network, nodes, rows in matrices(report):
        width = max(8, *map(len, nodes))
        found.append(f"{network}: TCP, Gbit/s, from row to column")
        found.append(" ".join(f"{name:>{width}}" for name in ("", *nodes)))
        found += [
            " ".join(f"{text:>{width}}" for text in (name, *map(_cell, row)))
            for name, row in zip(nodes, rows, strict=True)
        ]
    return found


def cells(given: list[Any]) -> list[dict[str, Any]]:
    """What a module brought, checked: ValueError for what is no measurement."""
    keys = {"network", "source", "target", "gbits"}
    for cell in given:
        if not isinstance(cell, dict) or not keys <= set(cell):
            raise ValueError(f"mesh: {cell!r} is no measurement")
    return given

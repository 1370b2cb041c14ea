"""The report as one self-contained HTML page."""

from __future__ import annotations

from typing import Any

from .assemble import Report, figure, text, verdict
from .curves import Panel, panels
from .html import chip, e, header
from .links import links
from .mesh import mesh
from .order import failures, stage_name, states
from .plot import COLOURS, Line, size, svg
from .spreads import spreads
from .style import SCRIPT, STYLE

#: More rows than this make a page slow: then the page has the failures, report.json the rest.
MOST_ROWS = 4000
MOST_FAILURES = 40
SOURCES = {
    "hardware": "measured on real NICs",
    "emulation": "real protocols and kernel code on emulated NICs: it works; how fast says nothing",
    "stand-in": "a driver that only says yes: the path up to the driver was used",
}


def render(report: Report) -> str:
    """The whole page."""
    failed = report["summary"]["failed"]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{e(report['site'])}: {e(verdict(report))}</title>",
            f"<style>{STYLE}</style></head>",
            f'<body class="{"bad" if failed else "good"}">',
            _head(report),
            "<main>",
            _order(report),
            _failures(report),
            _curves(report),
            links(report),
            mesh(report),
            spreads(report),
            _hosts(report),
            _checks(report),
            _skipped(report),
            "</main>",
            _foot(report),
            f"<script>{SCRIPT}</script></body></html>\n",
        ]
    )


def _head(report: Report) -> str:
    summary = report["summary"]
    good = summary["checks"] - summary["failed"]
    tiles = [
        ("Checks that hold", f"{good} <small>of {summary['checks']}</small>"),
        ("Hosts", f"{summary['hosts']}" + _small(summary["unreachable"], "unreachable")),
        *_figures(report),
        ("Figures from", ", ".join(sorted(summary["sources"])) or "none"),
    ]
    shown = "".join(f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in tiles)
    check = (
        "<p>Check mode: what needs traffic was not measured.</p>" if report["check_mode"] else ""
    )
    when = report["time"].replace("T", " ").replace("Z", " UTC")
    return (
        f'<header class="top"><div class="kicker">Verification of {e(report["site"])}</div>'
        f'<h1>{e(verdict(report))}</h1><p class="soft">{e(when)}</p>{check}'
        f'<dl class="tiles">{shown}</dl></header>'
    )


def _small(count: int, word: str) -> str:
    return f" <small>{count} {word}</small>" if count else ""


def _figures(report: Report) -> list[tuple[str, str]]:
    """The best figure of each kind, for the eye."""
    best: dict[str, tuple[float, str]] = {}
    for host in report["hosts"]:
        for series in host["series"]:
            values = [value for _size, value in series["points"]]
            if not values:
                continue
            kind = series["kind"]
            value = max(values) if kind == "bandwidth" else min(values)
            old = best.get(kind)
            if old is None or (value > old[0]) == (kind == "bandwidth"):
                best[kind] = (value, series["unit"])
    names = {"bandwidth": "Best RDMA bandwidth", "latency": "Best RDMA latency"}
    return [
        (names[kind], f"{figure(best[kind][0])} <small>{e(best[kind][1])}</small>")
        for kind in names
        if kind in best
    ]


def _order(report: Report) -> str:
    items = ""
    for stage, count, failed in states(report):
        said = f"{failed} of {count} failed" if failed else f"{count} hold"
        items += (
            f'<li class="{"failed" if failed else "ok"}"><b>{e(stage.title)}</b>'
            f"<span>{said}</span></li>"
        )
    return f'<ol class="order" aria-label="The order, stage by stage">{items}</ol>'


def _failures(report: Report) -> str:
    failed = failures(report)
    if not failed:
        return ""
    cards = []
    for host, check in failed[:MOST_FAILURES]:
        cards.append(
            f'<article class="card failure"><header><h3>{e(host)}: '
            f"<code>{e(check['name'])}</code></h3>{chip(check['source'])}</header><dl>"
            f"<dt>Expected</dt><dd>{e(text(check['expected']))}</dd>"
            f"<dt>Got</dt><dd>{e(text(check['got']))}</dd>"
            f"<dt>Step</dt><dd>{e(stage_name(check['step']) or '–')}</dd>"
            f"<dt>Look at</dt><dd>{e(check['look'] or '–')}</dd></dl></article>"
        )
    more = len(failed) - len(cards)
    note = f'<p class="soft">… and {more} more, in the table below.</p>' if more else ""
    return f"<section><h2>What failed, and where to look</h2>{''.join(cards)}{note}</section>"


def _curves(report: Report) -> str:
    shown = "".join(_panel(panel) for panel in panels(report))
    if not shown:
        return ""
    return f'<section><h2>RDMA over message size</h2><div class="grid2">{shown}</div></section>'


def _panel(panel: Panel) -> str:
    lines = panel.plot.lines
    legend = "".join(_legend(line) for line in lines if line.style != "faint")
    faint = sum(line.style == "faint" for line in lines)
    if faint:
        legend += f'<li><i class="faint"></i>{faint} curves, one for each pair</li>'
    sizes = sorted({point[0] for _name, points in panel.rows for point in points})
    head = "".join(f'<th class="number" scope="col">{size(s)}</th>' for s in sizes)
    body = ""
    for name, points in panel.rows:
        known = {point[0]: figure(point[1]) for point in points}
        cells = "".join(f'<td class="number">{known.get(s, "–")}</td>' for s in sizes)
        body += f'<tr><th scope="row">{e(name)}</th>{cells}</tr>'
    return (
        f'<figure class="card" style="margin:0"><header><h3>{e(panel.plot.title)}, '
        f"{e(panel.network)}</h3>{chip(panel.source)}</header>{svg(panel.plot)}"
        f'<ul class="legend">{legend}</ul><figcaption class="soft">{e(panel.note)}</figcaption>'
        f"<details><summary>Figures in {e(panel.plot.unit)}</summary>"
        f'<div class="scroll"><table><thead><tr><th scope="col">bytes</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></details></figure>"
    )


def _legend(line: Line) -> str:
    kind = "expected" if line.style == "expected" else f"c{line.colour % COLOURS}"
    return f'<li><i class="{kind}"></i>{e(line.label)}</li>'


def _hosts(report: Report) -> str:
    rows = ""
    for host in report["hosts"]:
        good = sum(check["ok"] for check in host["checks"])
        bad = host["state"] != "ok"
        peers = ", ".join(dict.fromkeys(s["peer"] for s in [*host["series"], *host["spreads"]]))
        offload = host["facts"].get("offload")
        flows = (
            f"{offload['offloaded_flows']} flows, {offload['tc_in_hw']} in_hw" if offload else "–"
        )
        rows += (
            f'<tr class="{"failed" if bad else ""}"><th scope="row">{e(host["host"])}</th>'
            f'<td class="state {"failed" if bad else "ok"}">{e(host["state"])}</td>'
            f'<td class="number">{good} of {len(host["checks"])}</td><td>{e(peers) or "–"}</td>'
            f'<td>{flows}</td><td class="number">{host["seconds"]:.0f} s</td></tr>'
        )
    return (
        '<section><h2>Hosts</h2><div class="card scroll"><table>'
        + header("Host", "State", "Checks#", "Measured with", "Offloaded now", "Took#")
        + f"<tbody>{rows}</tbody></table></div></section>"
    )


def _checks(report: Report) -> str:
    every = [(host["host"], check) for host in report["hosts"] for check in host["checks"]]
    shown, note = every, ""
    if len(every) > MOST_ROWS:
        shown = failures(report)[:MOST_ROWS]
        note = (
            f'<p class="soft">{len(every)} checks are too many for a page: these are the '
            "failed ones; report.json has all.</p>"
        )
    rows = "".join(_check(host, check) for host, check in shown)
    return (
        '<section><h2>Checks</h2><div class="card"><div class="filters">'
        '<label><input type="checkbox" id="only-failed"> only failed</label>'
        '<label>Find <input type="search" id="words" placeholder="host, check, word…"></label>'
        f'<span class="soft" id="shown" role="status"></span></div>{note}<div class="scroll">'
        '<table id="checks">'
        + header("Host", "Check", "State", "Expected", "Got", "Step", "From")
        + f"<tbody>{rows}</tbody></table></div></div></section>"
    )


def _check(host: str, check: dict[str, Any]) -> str:
    state, kind = ("holds", "ok") if check["ok"] else ("failed", "failed")
    return (
        f'<tr class="{"" if check["ok"] else "failed"}"><td class="whole">{e(host)}</td>'
        f"<td><code>{e(check['name'])}</code></td>"
        f'<td class="state {kind}">{state}</td><td>{e(text(check["expected"]))}</td>'
        f"<td>{e(text(check['got']))}</td><td>{e(stage_name(check['step']))}</td>"
        f"<td>{chip(check['source'])}</td></tr>"
    )


def _skipped(report: Report) -> str:
    rows = "".join(
        f'<tr><td class="whole">{e(host["host"])}</td><td><code>{e(skipped["name"])}</code></td>'
        f"<td>{e(skipped['reason'])}</td></tr>"
        for host in report["hosts"][:200]
        for skipped in host["skipped"]
    )
    if not rows:
        return ""
    return (
        '<section><h2>Not asked</h2><div class="card scroll"><table>'
        + header("Host", "What", "Why")
        + f"<tbody>{rows}</tbody></table></div></section>"
    )


def _foot(report: Report) -> str:
    meanings = " ".join(
        f"{chip(source)} {meaning}." for source, meaning in SOURCES.items()
        if source in report["summary"]["sources"]
    )  # fmt: skip
    return (
        f"<footer><p>{meanings}</p>"
        "<p>The same in report.json and junit.xml beside this page.</p></footer>"
    )

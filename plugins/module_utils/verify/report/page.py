"""The report as one self-contained HTML page."""

from __future__ import annotations

from html import escape
from typing import Any

from .assemble import Report, figure, text, verdict
from .curves import Panel, panels
from .order import failures, stage_name, states
from .plot import COLOURS, Line, size, svg
from .style import SCRIPT, STYLE

#: More rows than this make a page slow: then the page has the failures, report.json the rest.
MOST_ROWS = 4000
MOST_FAILURES = 40
MOST_SPREADS = 24
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
            f"<title>{_e(report['site'])}: {_e(verdict(report))}</title>",
            f"<style>{STYLE}</style></head>",
            f'<body class="{"bad" if failed else "good"}">',
            _head(report),
            "<main>",
            _order(report),
            _failures(report),
            _curves(report),
            _spreads(report),
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
        f'<header class="top"><div class="kicker">Verification of {_e(report["site"])}</div>'
        f'<h1>{_e(verdict(report))}</h1><p class="soft">{_e(when)}</p>{check}'
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
        (names[kind], f"{figure(best[kind][0])} <small>{_e(best[kind][1])}</small>")
        for kind in names
        if kind in best
    ]


def _order(report: Report) -> str:
    items = ""
    for stage, count, failed in states(report):
        said = f"{failed} of {count} failed" if failed else f"{count} hold"
        items += (
            f'<li class="{"failed" if failed else "ok"}"><b>{_e(stage.title)}</b>'
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
            f'<article class="card failure"><header><h3>{_e(host)}: '
            f"<code>{_e(check['name'])}</code></h3>{_chip(check['source'])}</header><dl>"
            f"<dt>Expected</dt><dd>{_e(text(check['expected']))}</dd>"
            f"<dt>Got</dt><dd>{_e(text(check['got']))}</dd>"
            f"<dt>Step</dt><dd>{_e(stage_name(check['step']) or '–')}</dd>"
            f"<dt>Look at</dt><dd>{_e(check['look'] or '–')}</dd></dl></article>"
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
        body += f'<tr><th scope="row">{_e(name)}</th>{cells}</tr>'
    return (
        f'<figure class="card" style="margin:0"><header><h3>{_e(panel.plot.title)}, '
        f"{_e(panel.network)}</h3>{_chip(panel.source)}</header>{svg(panel.plot)}"
        f'<ul class="legend">{legend}</ul><figcaption class="soft">{_e(panel.note)}</figcaption>'
        f"<details><summary>Figures in {_e(panel.plot.unit)}</summary>"
        f'<div class="scroll"><table><thead><tr><th scope="col">bytes</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></details></figure>"
    )


def _legend(line: Line) -> str:
    kind = "expected" if line.style == "expected" else f"c{line.colour % COLOURS}"
    return f'<li><i class="{kind}"></i>{_e(line.label)}</li>'


def _spreads(report: Report) -> str:
    found = [(host["host"], spread) for host in report["hosts"] for spread in host["spreads"]]
    if not found:
        return ""
    total = len(found)
    if total > MOST_SPREADS:
        found = sorted(found, key=lambda pair: -_deviation(pair[1]))[:MOST_SPREADS]
    note = (
        "Bytes that each member of a bond sent under many flows of equal size. The bracket shows "
        "where the first member's share ends with a fair hash: only once in a million "
        "measurements would chance alone lead outside of it."
    )
    if total > len(found):
        note += f" The {len(found)} most uneven of {total}."
    rows = "".join(_spread(host, spread) for host, spread in found)
    return (
        f'<section><h2>Both members of the bonds</h2><div class="card"><p class="soft">{note}</p>'
        f"{rows}</div></section>"
    )


def _spread(host: str, spread: dict[str, Any]) -> str:
    counts = spread["bytes"]
    total = sum(counts.values()) or 1
    parts = "".join(
        f'<span class="c{n % COLOURS}" style="width:{100 * count / total:.2f}%">'
        f"{_e(name)} {100 * count / total:.0f} %</span>"
        for n, (name, count) in enumerate(counts.items())
    )
    low, high = 100 * spread["low"], 100 * spread["high"]
    return (
        f'<div class="member"><div><b>{_e(host)}</b> {_e(spread["bond"])}<br>'
        f'<span class="soft">{_e(spread["load"])} to {_e(spread["peer"])}</span> '
        f'{_chip(spread["source"])}</div><div><div class="bar">{parts}</div>'
        f'<div class="chance" title="{low:.0f} to {high:.0f} %">'
        f'<i style="left:{low:.2f}%;width:{high - low:.2f}%"></i></div></div></div>'
    )


def _deviation(spread: dict[str, Any]) -> float:
    total = sum(spread["bytes"].values()) or 1
    return max(abs(count / total - 1 / len(spread["bytes"])) for count in spread["bytes"].values())


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
            f'<tr class="{"failed" if bad else ""}"><th scope="row">{_e(host["host"])}</th>'
            f'<td class="state {"failed" if bad else "ok"}">{_e(host["state"])}</td>'
            f'<td class="number">{good} of {len(host["checks"])}</td><td>{_e(peers) or "–"}</td>'
            f'<td>{flows}</td><td class="number">{host["seconds"]:.0f} s</td></tr>'
        )
    return (
        '<section><h2>Hosts</h2><div class="card scroll"><table>'
        + _header("Host", "State", "Checks#", "Measured with", "Offloaded now", "Took#")
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
        + _header("Host", "Check", "State", "Expected", "Got", "Step", "From")
        + f"<tbody>{rows}</tbody></table></div></div></section>"
    )


def _check(host: str, check: dict[str, Any]) -> str:
    state, kind = ("holds", "ok") if check["ok"] else ("failed", "failed")
    return (
        f'<tr class="{"" if check["ok"] else "failed"}"><td class="whole">{_e(host)}</td>'
        f"<td><code>{_e(check['name'])}</code></td>"
        f'<td class="state {kind}">{state}</td><td>{_e(text(check["expected"]))}</td>'
        f"<td>{_e(text(check['got']))}</td><td>{_e(stage_name(check['step']))}</td>"
        f"<td>{_chip(check['source'])}</td></tr>"
    )


def _skipped(report: Report) -> str:
    rows = "".join(
        f'<tr><td class="whole">{_e(host["host"])}</td><td><code>{_e(skipped["name"])}</code></td>'
        f"<td>{_e(skipped['reason'])}</td></tr>"
        for host in report["hosts"][:200]
        for skipped in host["skipped"]
    )
    if not rows:
        return ""
    return (
        '<section><h2>Not asked</h2><div class="card scroll"><table>'
        + _header("Host", "What", "Why")
        + f"<tbody>{rows}</tbody></table></div></section>"
    )


def _foot(report: Report) -> str:
    meanings = " ".join(
        f"{_chip(source)} {meaning}." for source, meaning in SOURCES.items()
        if source in report["summary"]["sources"]
    )  # fmt: skip
    return (
        f"<footer><p>{meanings}</p>"
        "<p>The same in report.json and junit.xml beside this page.</p></footer>"
    )


def _header(*names: str) -> str:
    """A table's head; a name that ends in # is above numbers."""
    cells = "".join(
        f'<th scope="col" class="number">{_e(name[:-1])}</th>'
        if name.endswith("#")
        else f'<th scope="col">{_e(name)}</th>'
        for name in names
    )
    return f"<thead><tr>{cells}</tr></thead>"


def _chip(source: str) -> str:
    return f'<span class="chip {_e(source)}">{_e(source)}</span>' if source else ""


def _e(value: Any) -> str:
    return escape(str(value))

"""The report as a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..findings import REBOOT
from .assemble import Report, figure, text, verdict
from .order import failures, stage_name

MOST_HOSTS = 20
MOST_FAILURES = 20


def render(report: Report) -> str:
    """A line for each host, the failures in full, and the verdict."""
    shown = report["hosts"]
    if len(shown) > MOST_HOSTS:  # the bad ones first
        shown = sorted(shown, key=lambda host: host["state"] == "ok")[:MOST_HOSTS]
    rows = [("host", "checks", "members", "RDMA", "latency", "from"), *(_row(h) for h in shown)]
    lines = table(rows)
    if len(report["hosts"]) > len(shown):
        lines.append(f"… and {len(report['hosts']) - len(shown)} more hosts, all in the report")
    failed = failures(report)
    for host, check in failed[:MOST_FAILURES]:
        lines += [
            "",
            f"FAILED  {host}  {check['name']}",
            f"        expected  {text(check['expected'])}",
            f"        got       {text(check['got'])}",
            f"        step      {stage_name(check['step']) or '-'}",
            f"        look at   {check['look'] or '-'}",
        ]
    if len(failed) > MOST_FAILURES:
        lines += ["", f"… and {len(failed) - MOST_FAILURES} more failures, all in the report"]
    waiting = _waiting(report)
    lines += ["", *waiting] if waiting else []
    lines += ["", verdict(report) + "."]
    if report["check_mode"]:
        lines.append("Check mode: what needs traffic was not measured.")
    return "\n".join(lines)


def _waiting(report: Report) -> list[str]:
    """A line for each host that waits for a reboot."""
    hosts = {
        host["host"]: [s["reason"] for s in host["skipped"] if s["name"] == REBOOT]
        for host in report["hosts"]
    }
    lines = [f"{name}  {'; '.join(reasons)}" for name, reasons in hosts.items() if reasons]
    more = len(lines) - MOST_HOSTS
    return lines[:MOST_HOSTS] + ([f"… and {more} more hosts that wait"] if more > 0 else [])


def _row(host: dict[str, Any]) -> tuple[str, ...]:
    checks = host["checks"]
    good = sum(check["ok"] for check in checks)
    if host["state"] in ("unreachable", "error"):
        return (host["host"], host["state"], "-", "-", "-", "-")
    sources = dict.fromkeys(check["source"] for check in checks if check["source"])
    return (
        host["host"],
        f"{good} of {len(checks)}" + ("" if good == len(checks) else " !"),
        _members(host["spreads"]),
        _best(host["series"], "bandwidth"),
        _best(host["series"], "latency"),
        ", ".join(sources) or "-",
    )


def _members(spreads: Sequence[dict[str, Any]]) -> str:
    if not spreads:
        return "-"
    counts = spreads[0]["bytes"]
    total = sum(counts.values()) or 1
    return " / ".join(f"{100 * count / total:.0f}" for count in counts.values()) + " %"


def _best(series: Sequence[dict[str, Any]], kind: str) -> str:
    chosen = [s for s in series if s["kind"] == kind and s["points"]]
    if not chosen:
        return "-"
    values = [value for s in chosen for _size, value in s["points"]]
    best = max(values) if kind == "bandwidth" else min(values)
    return f"{figure(best)} {chosen[0]['unit']}"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns, a rule below the first."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return [line.rstrip() for line in lines]

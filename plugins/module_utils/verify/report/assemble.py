"""From what each host brought back to one report: plain data that all formats are made of.

Shape (format 1):
  {format, site, time, check_mode,
   summary: {hosts, unreachable, checks, failed, skipped, sources: {source: checks}},
   hosts: [{host, state, checks, series, spreads, skipped, facts, seconds}]}
state is "ok", "failed", "unreachable" or "error". A check's source is "" where no
measurement gave it (a host that did not answer).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from ...converge import Check
from ..findings import Series

FORMAT = 1
#: The keys of everything that a host found.
READ = {
    "checks": {field.name for field in fields(Check)},
    "series": {field.name for field in fields(Series)},
    "spreads": {"bond", "load", "peer", "bytes", "expected", "low", "high", "source"},
    "skipped": {"name", "reason"},
}
Report = dict[str, Any]


def assemble(
    site: str, time: str, hosts: Sequence[str], results: Mapping[str, Any], check_mode: bool
) -> Report:
    """The report.

    time     UTC, "2026-11-22T05:26:00Z".
    hosts    all hosts of the play, in its order.
    results  host → what its task registered; a host without one is an error of its own.
    """
    found = [_host(name, results.get(name)) for name in hosts]
    checks = [check for host in found for check in host["checks"]]
    return {
        "format": FORMAT,
        "site": site,
        "time": time,
        "check_mode": check_mode,
        "summary": {
            "hosts": len(found),
            "unreachable": sum(host["state"] == "unreachable" for host in found),
            "checks": len(checks),
            "failed": sum(not check["ok"] for check in checks),
            "skipped": sum(len(host["skipped"]) for host in found),
            "sources": dict(Counter(check["source"] for check in checks if check["source"])),
        },
        "hosts": found,
    }


def _host(name: str, result: Any) -> dict[str, Any]:
    if not isinstance(result, Mapping):
        result = {"msg": f"no result, but {result!r}" if result else ""}
    if result.get("unreachable"):
        return _absent(
            name, "unreachable", "host: reachable", "answers over SSH", _line(result.get("msg")),
            f"ansible {name} -m ansible.builtin.ping; power, management network, host key",
        )  # fmt: skip
    findings = result.get("findings")
    if not findings:
        return _absent(
            name, "error", "host: asked", "the host can be asked", _line(result.get("msg")),
            "the task's output above; Python on the host",
        )  # fmt: skip
    if not _whole(findings):
        return _absent(
            name, "error", "host: asked", "findings of this version of the kit",
            "something else", "modules of the same name elsewhere in ansible.cfg's paths",
        )  # fmt: skip
    broken = any(not check["ok"] for check in findings["checks"])
    return {**findings, "host": name, "state": "failed" if broken else "ok"}


def _whole(findings: Any) -> bool:
    """Whether it has all that the report reads."""
    return (
        isinstance(findings, Mapping)
        and isinstance(findings.get("facts"), Mapping)
        and isinstance(findings.get("seconds"), (int, float))
        and all(
            isinstance(findings.get(kind), list)
            and all(isinstance(item, Mapping) and keys <= set(item) for item in findings[kind])
            for kind, keys in READ.items()
        )
    )


def _absent(
    name: str, state: str, check: str, expected: str, got: str, look: str
) -> dict[str, Any]:
    failed = Check(check, False, expected, got, source="", step="management", look=look)
    return {
        "host": name, "state": state, "checks": [asdict(failed)], "series": [], "spreads": [],
        "skipped": [], "facts": {}, "seconds": 0.0,
    }  # fmt: skip


def _line(message: object) -> str:
    return " ".join(str(message or "no result").split())


def verdict(report: Report) -> str:
    """The report in one sentence."""
    summary = report["summary"]
    hosts = f"{summary['hosts']} host{'s' if summary['hosts'] != 1 else ''}"
    if summary["failed"]:
        where = [host["host"] for host in report["hosts"] if host["state"] != "ok"]
        named = ", ".join(where[:4]) + (f" and {len(where) - 4} more" if len(where) > 4 else "")
        return f"{summary['failed']} of {summary['checks']} checks failed, on {named}"
    if summary["checks"] == 1:
        return f"1 check holds on {hosts}"
    return f"All {summary['checks']} checks hold on {hosts}"


def text(value: Any) -> str:
    """An expected or found value as people read it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "nothing"
    if isinstance(value, (list, tuple)):
        return ", ".join(text(item) for item in value) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {text(item)}" for key, item in value.items()) or "none"
    return str(value)


def figure(value: float) -> str:
    """A measured number with three digits that mean something, never as 4e+03."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

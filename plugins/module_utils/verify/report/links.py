"""The links between sites as a table: state, age of credentials, budgets used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .assemble import Report
from .html import e, header
from .terminal import table

COLUMNS = ("Link", "Role", "Peer", "State", "Credential", "Documents end", "Budget used", "Engine")
#: Of a row, as ``verify_links`` returns it, and of its budget.
KEYS = frozenset(
    {
        "link", "cluster", "peer", "role", "state", "credential", "lifetime", "age", "documents",
        "days", "budget", "engine",
    }
)  # fmt: skip
BUDGET = frozenset({"namespace", "resource", "used", "hard"})
#: What people are told of an engine.
ENGINES = {"double": "DOUBLE (stand-in)"}
_MINUTE = 60


def aged(rows: Sequence[dict[str, Any]], ages: Mapping[str, int]) -> list[dict[str, Any]]:
    """The rows, those without the age of a credential with what nodes said of it."""
    return [each | {"age": ages.get(each["link"])} if each["age"] is None else each
            for each in rows]  # fmt: skip


def links(report: Report) -> str:
    """The section of the page; "" without links."""
    rows = "".join(_row(each) for each in report.get("links", ()))
    if not rows:
        return ""
    return (
        '<section><h2>Links</h2><div class="card scroll"><table id="links">'
        + header(*COLUMNS)
        + f"<tbody>{rows}</tbody></table></div></section>"
    )


def _row(link: dict[str, Any]) -> str:
    name, role, peer, state, *rest, budget, engine = cells(link)
    kind = "ok" if link["state"] == "accepted" else "failed"
    middle = "".join(f"<td>{e(cell)}</td>" for cell in rest)
    used = "<br>".join(e(line) for line in budget) or "–"
    return (
        f'<tr><th scope="row">{e(name)}</th><td>{e(role)}</td><td>{e(peer)}</td>'
        f'<td class="state {kind}">{e(state)}</td>{middle}<td>{used}</td><td>{e(engine)}</td></tr>'
    )


def lines(report: Report) -> list[str]:
    """The same for a terminal."""
    rows: list[tuple[str, ...]] = []
    for link in report.get("links", ()):
        *before, budget, engine = cells(link)
        rows.append((*before, "; ".join(budget) or "-", engine))
    return ["", *table([COLUMNS, *rows])] if rows else []


def cells(link: dict[str, Any]) -> tuple[Any, ...]:
    """What people read of a link, in the order of ``COLUMNS``; the budget is a list of lines."""
    return (
        link["link"], link["role"], link["peer"], link["state"], _credential(link),
        _documents(link), _budget(link["budget"]), ENGINES.get(link["engine"], link["engine"]),
    )  # fmt: skip


def _credential(link: dict[str, Any]) -> str:
    """ "jwt, 12 of 60 min old": the engine's own token, where it could be seen."""
    kind, life, age = link["credential"], link["lifetime"], link["age"]
    if life is None:
        return kind or "-"
    limit = f"{life / _MINUTE:.0f} min"
    if age is None:
        return f"{kind}, lives {limit} at most"
    return f"{kind}, {age / _MINUTE:.0f} of {limit} old"


def _documents(link: dict[str, Any]) -> str:
    if not link["documents"]:
        return "-"
    return f"{link['documents'].partition('T')[0]} ({link['days']} days)"


def _budget(used: Sequence[dict[str, Any]]) -> list[str]:
    """ "shared: pods 3/8, requests.cpu 2/4", a line for each namespace."""
    spaces: dict[str, list[str]] = {}
    for each in used:
        text = f"{each['resource']} {each['used']}/{each['hard']}"
        spaces.setdefault(each["namespace"], []).append(text)
    return [f"{name}: {', '.join(texts)}" for name, texts in spaces.items()]


def checked(given: list[Any]) -> list[dict[str, Any]]:
    """What a module brought: ValueError for what is no link."""
    for link in given:
        if not isinstance(link, dict) or not set(link) >= KEYS:
            raise ValueError(f"links: {link!r} is no link")
        budget = link["budget"]
        if not isinstance(budget, list) or not all(
            isinstance(each, dict) and set(each) >= BUDGET for each in budget
        ):
            raise ValueError(f"links: {link['link']}: budget: {budget!r} is none")
        for key in ("lifetime", "age", "days"):
            if not isinstance(link[key], (int, type(None))):
                raise ValueError(f"links: {link['link']}: {key}: {link[key]!r} is no number")
    return given

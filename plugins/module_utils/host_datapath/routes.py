"""Routes on the kit's interfaces: those of the model, and those that the kernel has."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..system import System

#: As spec.Network has them: to ("default" or None for all), via, and maybe metric and table.
Route = Mapping[str, Any]
MAIN = "254"


def read(system: System) -> dict[str, list[dict[str, Any]]]:
    """Interface → its routes with a next hop, of both families and all tables, from one ``ip``."""
    # -N: the tables' numbers, whatever the host calls them
    output = system.run("ip", "-json", "-N", "route", "show", "table", "all", check=False)
    if output.status:
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in json.loads(output.stdout or "[]"):
        for hop in entry.get("nexthops", [entry]):
            if hop.get("gateway") and hop.get("dev"):
                route = {"to": entry["dst"], "via": hop["gateway"]}
                route.update({k: entry[k] for k in ("metric", "table") if k in entry})
                found.setdefault(hop["dev"], []).append(route)
    return found


def missing(wanted: Iterable[Route], there: Iterable[Route]) -> list[str]:
    """The wanted routes that are not there, as ``ip route`` writes them."""
    present = list(there)
    return [_text(route) for route in wanted if not any(_same(route, other) for other in present)]


def _same(wanted: Route, other: Route) -> bool:
    metric = wanted.get("metric")
    return list(_key(wanted)) == list(_key(other)) and (
        metric is None or str(metric) == str(other.get("metric", 0))
    )


def _key(route: Route) -> Iterator[str]:
    via = ipaddress.ip_address(route["via"])
    everywhere = "0.0.0.0/0" if via.version == 4 else "::/0"
    to = route.get("to")
    yield str(via)
    yield everywhere if to in (None, "default") else str(ipaddress.ip_network(to, strict=False))
    yield str(route.get("table") or MAIN)


def _text(route: Route) -> str:
    return f"{route.get('to') or 'default'} via {route['via']}"

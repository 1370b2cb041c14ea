"""What the kit made on this host, so that it may also take it away again.

``/var/lib/slipway/datapath-applied.json``: devices (handle → driver and port), links
(bonds and VLANs), addresses (by interface), bridges, and ``pending``: network files written
but not yet effective.
It is written before anything is made, so that a cut run leaves nothing unrecorded.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from ..converge import Step
from ..system import System
from . import networks
from .drivers import driver
from .drivers.base import Driver, Facts
from .paths import APPLIED
from .spec import Port, Spec


def read(system: System) -> Facts:
    """The record; empty on a host that the kit has not been on, or if it is damaged."""
    try:
        value = json.loads(system.read(APPLIED) or "{}")
    except ValueError:
        value = {}
    empty = {"devices": {}, "links": [], "addresses": {}, "bridges": [], "pending": []}
    return {**empty, **(value if isinstance(value, dict) else {})}


def write(system: System, applied: Facts) -> None:
    system.write_file(APPLIED, json.dumps(applied, indent=1, sort_keys=True) + "\n")


def update(system: System, **values: Any) -> None:
    """Change some of the record's entries."""
    write(system, {**read(system), **values})


def of(spec: Spec) -> Facts:
    """What bringing a host to *spec* makes."""
    return {
        "devices": {
            driver(nic.driver).handle(port): {"driver": nic.driver, "port": asdict(port)}
            for nic in spec.nics
            for port in nic.ports
            if driver(nic.driver).owns_vfs(nic, port)
        },
        "links": sorted(
            {nic.bond.name for nic in spec.nics}
            | {n.interface for n in spec.networks if n.vlan is not None}
        ),
        "addresses": {n: sorted(a) for n, a in networks.wanted_addresses(spec).items() if a},
        "bridges": sorted(b.name for b in spec.openvswitch.bridges) if spec.openvswitch else [],
        "pending": [],
    }


def devices(applied: Facts) -> list[tuple[Driver, Port]]:
    """The recorded devices with their drivers."""
    return [(driver(d["driver"]), Port(**d["port"])) for d in applied["devices"].values()]


def steps(system: System, applied: Facts, spec: Spec, left: Facts) -> tuple[list[Step], list[Step]]:
    """Steps before and after all others: record what is about to be made, forget what is gone.

    *left*: what could not be removed (devices, links, bridges) stays recorded.
    """
    wanted, given = of(spec), applied["addresses"]
    union = {
        "devices": {**applied["devices"], **wanted["devices"]},
        "links": sorted({*applied["links"], *wanted["links"]}),
        "addresses": _both(given, wanted["addresses"]),
        "bridges": sorted({*applied["bridges"], *wanted["bridges"]}),
    }
    rest = {
        "devices": {**left["devices"], **wanted["devices"]},
        "links": sorted({*left["links"], *wanted["links"]}),
        "addresses": {**{n: given[n] for n in left["links"] if n in given}, **wanted["addresses"]},
        "bridges": sorted({*left["bridges"], *wanted["bridges"]}),
    }
    now = {key: applied[key] for key in union}
    first = [] if union == now else [_step(system, "begin", now, union)]
    last = [] if rest == union else [_step(system, "end", union, rest)]
    return first, last


def _both(first: dict[str, list[str]], second: dict[str, list[str]]) -> dict[str, list[str]]:
    return {n: sorted({*first.get(n, ()), *second.get(n, ())}) for n in {**first, **second}}


def _step(system: System, which: str, before: Facts, after: Facts) -> Step:
    def proof() -> str | None:
        now = read(system)
        wrong = [key for key in after if now[key] != after[key]]
        return f"{APPLIED} does not hold what was written: {', '.join(wrong)}" if wrong else None

    return Step(
        name=f"record:{which}",
        why="what the kit makes, it may remove",
        do=lambda: update(system, **after),
        proof=proof,
        before=sorted([*before["devices"], *before["links"], *before["bridges"]]),
        after=sorted([*after["devices"], *after["links"], *after["bridges"]]),
    )

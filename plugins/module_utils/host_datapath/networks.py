"""The host's own links, VLANs, addresses and routes: what differs between model and host."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..converge import Step
from ..system import System
from . import routes
from .drivers.base import Facts
from .kernel import read_links
from .spec import Network, Spec


def on(networks: Iterable[Network], interface: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Addresses and routes of all networks on *interface*."""
    own = [n for n in networks if n.interface == interface]
    return [a for n in own for a in n.addresses], [r for n in own for r in n.routes]


def management_routes(spec: Spec) -> list[dict[str, Any]]:
    """The default route, where the model has a gateway for management."""
    gateway = spec.management.gateway
    return [{"to": "default", "via": gateway}] if gateway else []


def wanted_addresses(spec: Spec) -> dict[str, list[str]]:
    """Interface that the kit gives addresses to, or leaves without → its addresses."""
    names = {nic.bond.name for nic in spec.nics} | {n.interface for n in spec.networks}
    found = {name: on(spec.networks, name)[0] for name in sorted(names)}
    if spec.management.managed and spec.management.interface:
        found[spec.management.interface] = list(spec.management.addresses)
    return found


def wanted_routes(spec: Spec) -> dict[str, list[dict[str, Any]]]:
    """Interface → its routes; only those with any."""
    found = {n.interface: on(spec.networks, n.interface)[1] for n in spec.networks}
    if spec.management.managed and spec.management.interface:
        found[spec.management.interface] = management_routes(spec)
    return {name: ways for name, ways in found.items() if ways}


def read_routes(system: System, spec: Spec) -> dict[str, list[dict[str, Any]]]:
    """The kernel's routes on interfaces where the model has any; no process where it has none."""
    wanted = wanted_routes(spec)
    there = routes.read(system) if wanted else {}
    return {name: there.get(name, []) for name in wanted}


def problem(spec: Spec, links: dict[str, Facts], ways: Facts) -> str | None:
    """What differs between the model's links, VLANs, addresses and routes and those that run."""
    return _links_problem(spec, links) or _lacking(spec, links, ways)


def _links_problem(spec: Spec, links: dict[str, Facts]) -> str | None:
    mtus = {nic.bond.name: nic.mtu for nic in spec.nics}
    mtus.update({p.name: nic.mtu for nic in spec.nics for p in nic.ports})
    mtus.update({n.interface: n.mtu for n in spec.networks if n.vlan is not None})
    for name, mtu in mtus.items():
        link = links.get(name)
        if link is None:
            return f"{name} does not exist"
        if not link["up"]:
            return f"{name} is down"
        if link["mtu"] != mtu:
            return f"{name} has MTU {link['mtu']}, not {mtu}"
    bridges = {b.name for b in spec.openvswitch.bridges} if spec.openvswitch else set()
    for network in spec.networks:
        link = links.get(network.interface)
        if link is None and network.interface in bridges:
            continue  # Open vSwitch makes it later
        if link is None:
            return f"{network.interface} does not exist"
        if not link["up"]:
            return f"{network.interface} is down"
        if network.vlan is not None and (link["vlan"], link["lower"]) != (
            network.vlan,
            network.link,
        ):
            return f"{network.interface} is VLAN {link['vlan']} on {link['lower']}"
    return None


def _lacking(spec: Spec, links: dict[str, Facts], ways: Facts) -> str | None:
    managed = spec.management.interface if spec.management.managed else None
    present = {name for name in wanted_addresses(spec) if name in links or name == managed}
    for name, wanted in wanted_addresses(spec).items():
        missing = set(wanted) - set(links.get(name, {}).get("addresses", ()))
        if missing and name in present:
            return f"{name} lacks {', '.join(sorted(missing))}"
    for name, wanted in wanted_routes(spec).items():
        lost = routes.missing(wanted, ways.get(name, ()))
        if lost and name in present:
            return f"{name} lacks the route {', '.join(lost)}"
    return None


def extra(spec: Spec, facts: Facts) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Addresses that the model does not name, by interface: the kit's former ones, and others'.

    A virtual address of keepalived is no error, so what the kit did not give stays.
    """
    former, foreign = {}, {}
    for name, wanted in wanted_addresses(spec).items():
        now = facts["links"].get(name, {}).get("addresses", ())
        own = facts["applied"]["addresses"].get(name, ())
        more = [address for address in now if address not in wanted]
        former[name] = [address for address in more if address in own]
        foreign[name] = [address for address in more if address not in own]
    return (
        {name: found for name, found in former.items() if found},
        {name: found for name, found in foreign.items() if found},
    )


def remove_step(system: System, name: str, addresses: list[str]) -> Step:
    """Take addresses away that the kit gave and the model no longer names."""

    def there() -> list[str]:
        now = read_links(system).get(name, {}).get("addresses", ())
        return [address for address in addresses if address in now]

    def do() -> None:
        # those that the network manager has not taken away by itself
        for address in there():
            system.run("ip", "address", "delete", address, "dev", name)

    return Step(
        name=f"address:{name}",
        why="the model no longer names it",
        do=do,
        proof=lambda: f"{name} still has {', '.join(there())}" if there() else None,
        before=addresses,
        after="gone",
        disrupts="network",
        patience=5,
    )

"""The ways to the host: the model's management, the SSH connection at hand, default routes.

What they run over must not be taken down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..converge import Refusal
from ..ssh_connection import default_routes, routes_to_client
from ..system import System
from . import bond, retire
from .drivers.base import Facts
from .kernel import read_links
from .paths import ALL
from .spec import Management, Spec
from .work import Work


def find(spec: Spec, links: dict[str, Facts], switch: Facts) -> Facts:
    """The model's management: its interface, and what each interface of it runs over.

    The interface is known by name, MAC or PCI address; who has its address counts as well.
    """
    wanted = spec.management
    name = wanted.interface if wanted.interface in links else _by_device(wanted, links)
    addressed = [n for n, v in links.items() if set(v["addresses"]) & set(wanted.addresses)]
    names = dict.fromkeys([*([name] if name else []), *addressed])
    return {"interface": name, "over": {n: _over(n, links, switch) for n in names}}


def _by_device(wanted: Management, links: dict[str, Facts]) -> str | None:
    for name, link in links.items():
        by_mac = wanted.mac_address and link["mac"] == wanted.mac_address.lower()
        by_pci = wanted.pci_address and link["parent"] == wanted.pci_address.lower()
        if (by_mac and not link["lower"]) or by_pci:
            return name
    return None


def _over(name: str, links: dict[str, Facts], switch: Facts) -> list[str]:
    """The interface and all below it: a VLAN's, members of a bond, ports of a bridge."""
    found: list[str] = []
    todo = [name]
    while todo:
        current = todo.pop()
        if current in found or current not in links:
            continue
        found.append(current)
        todo += [n for n, v in links.items() if v["master"] == current]
        todo += switch.get("bridges", {}).get(current, {}).get("ports", ())
        if links[current]["lower"]:
            todo.append(links[current]["lower"])
    return found


def refusals(
    system: System,
    spec: Spec,
    works: list[Work],
    facts: Facts,
    phase: str,
    connection: str | None,
) -> Iterator[Refusal]:
    """Why the plan would cut the way to the host. *connection*: as of engine.Datapath."""
    wanted, known = spec.management, facts["management"]
    down = _taken_down(spec, works, facts, phase)
    for interface, over in known["over"].items():
        nic = next((w.nic.name for w in works if interface in _ports(w)), None)
        if nic:
            yield Refusal(
                "management-on-port",
                f"the management interface {interface} is a port of NIC {nic}",
                "Give the host another management interface",
            )
        else:
            yield from _cut(f"management ({interface})", over, down)
    if connection is None:
        return
    named = wanted.interface or wanted.mac_address or wanted.pci_address
    if named and not known["interface"]:
        yield Refusal(
            "management-unknown",
            f"this host has no management interface {named}",
            "Correct management in the model (ip -brief link shows the host's interfaces)",
        )
    if down:
        links, switch = read_links(system), facts.get("openvswitch") or {}
        for why, interface in _ways(system, connection, links):
            yield from _cut(f"{why} ({interface})", _over(interface, links, switch), down)


def _ways(system: System, connection: str, links: dict[str, Facts]) -> Iterator[tuple[str, str]]:
    """How the one who asks reaches the host; a default route is the best guess for others."""
    words = connection.split()
    if not words:
        yield from (("the default route", name) for name in default_routes(system))
        return
    server = words[2].partition("%")[0] if len(words) == 4 else ""
    inward = [n for n, v in links.items() if server in (a.split("/")[0] for a in v["addresses"])]
    for name in dict.fromkeys([*inward, *routes_to_client(system, connection)]):
        yield f"the SSH connection from {words[0]}", name


def _cut(what: str, over: Iterable[str], down: dict[str, str]) -> Iterator[Refusal]:
    where = next((down[name] for name in over if name in down), None)
    if where:
        yield Refusal(
            "management-over-bond",
            f"{what} runs over {where}, which would go down",
            "Reach the host over another NIC, or make this change by hand at its console",
        )


def _ports(work: Work) -> set[str]:
    """The ports' names, those that they have now included."""
    return {p.name for p in work.nic.ports} | _netdevs(work)


def _netdevs(work: Work) -> set[str]:
    return {f["netdev"] for f in work.facts["ports"].values() if f.get("netdev")}


def _taken_down(spec: Spec, works: list[Work], facts: Facts, phase: str) -> dict[str, str]:
    """Interfaces that the plan takes down or away → what that is."""
    down: dict[str, str] = {}
    for work in works:
        now, name = work.facts["bond"], work.nic.bond.name
        members = set((now or {"members": []})["members"])
        gone: set[str] = set()
        if phase == ALL:
            # ports that are enslaved, strangers that are released
            gone = (_netdevs(work) - members) | (members - _ports(work))
        anew = phase == ALL and "mode" in bond.wrong_options(work.nic, now)
        if work.touched or work.names or anew:
            gone |= _ports(work) | {name}
        down.update(dict.fromkeys(gone, f"NIC {work.nic.name}"))
    if phase == ALL:
        for network in spec.networks:
            link = facts["links"].get(network.interface)
            wanted = (network.vlan, network.link)
            if network.vlan and link and (link["vlan"], link["lower"]) != wanted:
                down[network.interface] = network.interface
        down.update({name: name for name in retire.removable(spec, facts)[0]})
    return down

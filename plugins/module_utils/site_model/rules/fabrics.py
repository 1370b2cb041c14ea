"""Rules of fabrics: address arithmetic and VLANs."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from itertools import combinations

from ..model import Model
from ..problems import Path, Problem
from ..sections.fabrics import Fabric, Route
from ..sections.scalars import Network, parse_range, parse_vlan_range
from .report import error

_RANGES = ("hosts", "vms", "inspection", "pods")


def check(model: Model) -> Iterator[Problem]:
    """All rules of fabrics."""
    for name, fabric in model.fabrics.items():
        yield from _addresses(name, fabric)
        yield from _tenants(name, fabric)
        yield from _routes(name, fabric, model.fabrics)
    for (a, first), (b, second) in combinations(model.fabrics.items(), 2):
        yield from _overlap(a, first, b, second)
        if first.physical_network and first.physical_network == second.physical_network:
            yield from _clash(a, first, b, second)


def _addresses(name: str, fabric: Fabric) -> Iterator[Problem]:
    path = ("site_fabrics", name)
    used = {kind: text for kind in _RANGES if (text := getattr(fabric.ranges, kind))}
    if fabric.subnet is None:
        needing = [("ranges",)] if used else []
        needing += [("gateway",)] if fabric.gateway else []
        needing += [("routes",)] if fabric.routes else []
        for key in needing:
            message = "means nothing without a subnet"
            yield error("subnet-missing", (*path, *key), message, "Set the fabric's subnet.")
        return
    subnet = ipaddress.ip_network(fabric.subnet)
    yield from _gateway(name, fabric, subnet)
    for kind, text in used.items():
        yield from _range((*path, "ranges", kind), text, fabric, subnet)
    for (a, first), (b, second) in combinations(used.items(), 2):
        (start, end), (start2, end2) = parse_range(first), parse_range(second)
        if start.version == start2.version and int(start) <= int(end2) and int(start2) <= int(end):
            message = f"overlaps the range for {a}, {first}"
            fix = "Give each kind of user addresses of its own."
            yield error("range-overlap", (*path, "ranges", b), message, fix, second)


def _routes(name: str, fabric: Fabric, fabrics: Mapping[str, Fabric]) -> Iterator[Problem]:
    if fabric.subnet is None:
        return
    path, subnet = ("site_fabrics", name, "routes"), ipaddress.ip_network(fabric.subnet)
    subnets = {n: ipaddress.ip_network(f.subnet) for n, f in fabrics.items() if f.subnet}
    for number, route in enumerate(fabric.routes):
        here, to = (*path, number, "to"), ipaddress.ip_network(route.to)
        yield from _next_hop((*path, number, "via"), route, fabric, subnet)
        if to.prefixlen == 0:
            message, fix = "is the default route", "Set default_route in host groups instead."
            yield error("route-to", here, message, fix, route.to)
        elif any(to == ipaddress.ip_network(r.to) for r in fabric.routes[:number]):
            message, fix = "is routed already", "Keep one route to it."
            yield error("route-to", here, message, fix, route.to)
        for other, theirs in subnets.items():
            # of one version, which the types do not know
            if to.prefixlen and to.version == theirs.version and to.subnet_of(theirs):  # type: ignore[arg-type]
                message = f"is within fabric {other}'s {theirs}: hosts on it are reached directly"
                yield error("route-to", here, message, "Remove the route.", route.to)


def _next_hop(path: Path, route: Route, fabric: Fabric, subnet: Network) -> Iterator[Problem]:
    via = ipaddress.ip_address(route.via)
    if via.version != ipaddress.ip_network(route.to).version:
        message, fix = f"is no next hop to {route.to}", "Use addresses of one IP version."
        yield error("route-via", path, message, fix)
    elif via not in subnet:
        message, fix = f"is not in the subnet {subnet}", "Name a next hop on this fabric."
        yield error("route-via", path, message, fix, route.via)
    elif via in ends(subnet):
        message, fix = "is the network or broadcast address", "Name the router's own address."
        yield error("route-via", path, message, fix, route.via)
    for kind in _RANGES:
        text = getattr(fabric.ranges, kind)
        first, last = parse_range(text) if text else (None, None)
        if first and last and first.version == via.version and first <= via <= last:
            message = f"is in the range for {kind}, {text}: others take that address"
            fix = "Leave the router's address out of the range."
            yield error("route-via", path, message, fix, route.via)


def _gateway(name: str, fabric: Fabric, subnet: Network) -> Iterator[Problem]:
    if fabric.gateway is None:
        return
    path, gateway = ("site_fabrics", name, "gateway"), ipaddress.ip_address(fabric.gateway)
    if gateway not in subnet:
        fix = "Name the router's address on this fabric."
        yield error("gateway-outside", path, f"is not in the subnet {subnet}", fix, fabric.gateway)
    elif gateway in ends(subnet):
        fix = "Name the router's own address."
        yield error(
            "gateway-edge", path, "is the network or broadcast address", fix, fabric.gateway
        )


def ends(subnet: Network) -> tuple:
    """Network and broadcast address, where the subnet has them."""
    if subnet.version == 6 or subnet.prefixlen >= 31:
        return ()
    return subnet.network_address, subnet.broadcast_address


def _range(path: tuple, text: str, fabric: Fabric, subnet: Network) -> Iterator[Problem]:
    first, last = parse_range(text)
    if first not in subnet or last not in subnet:
        fix = f"Choose addresses of {subnet}."
        yield error("range-outside", path, f"is not within the subnet {subnet}", fix, text)
        return
    if first in ends(subnet) or last in ends(subnet):
        message, fix = "holds the network or broadcast address", "Leave the subnet's ends out."
        yield error("range-edge", path, message, fix, text)
    if fabric.gateway and first <= ipaddress.ip_address(fabric.gateway) <= last:
        message = f"holds the gateway {fabric.gateway}"
        yield error("gateway-in-range", path, message, "Leave the gateway out of the range.", text)


def _overlap(a: str, first: Fabric, b: str, second: Fabric) -> Iterator[Problem]:
    if not (first.subnet and second.subnet):
        return
    one, other = ipaddress.ip_network(first.subnet), ipaddress.ip_network(second.subnet)
    if one.version == other.version and one.overlaps(other):
        message, fix = f"overlaps fabric {a}'s {one}", "Give each fabric addresses of its own."
        yield error("subnet-overlap", ("site_fabrics", b, "subnet"), message, fix, second.subnet)


def _clash(a: str, first: Fabric, b: str, second: Fabric) -> Iterator[Problem]:
    """Two fabrics of one physical network."""
    path, wire = ("site_fabrics", b), first.physical_network
    if first.vlan == second.vlan:
        what = f"VLAN {first.vlan}" if first.vlan else "untagged"
        message, fix = f"fabric {a} is {what} on {wire} as well", "Give each fabric its own VLAN."
        where = (*path, "vlan") if second.vlan else path
        yield error("vlan-clash", where, message, fix, second.vlan)
    for name, fabric, ranges in ((a, first, second), (b, second, first)):
        other = b if name == a else a
        for number, text in enumerate(ranges.vlan_ranges):
            low, high = parse_vlan_range(text)
            if fabric.vlan and low <= fabric.vlan <= high:
                message = f"holds VLAN {fabric.vlan}, which is fabric {name}"
                fix = "Leave fabrics' VLANs out of tenants' ranges."
                where = ("site_fabrics", other, "vlan_ranges", number)
                yield error("vlan-clash", where, message, fix, text)
    for text in first.vlan_ranges:
        for number, text2 in enumerate(second.vlan_ranges):
            yield from _meet(text, (*path, "vlan_ranges", number), text2, a)


def _meet(text: str, path: tuple, text2: str, owner: str) -> Iterator[Problem]:
    (low, high), (low2, high2) = parse_vlan_range(text), parse_vlan_range(text2)
    if low <= high2 and low2 <= high:
        message, fix = f"overlaps {text} of fabric {owner}", "Write each VLAN in one range only."
        yield error("vlan-clash", path, message, fix, text2)


def _tenants(name: str, fabric: Fabric) -> Iterator[Problem]:
    path = ("site_fabrics", name, "vlan_ranges")
    if fabric.vlan_ranges and not fabric.physical_network:
        message, fix = "means nothing without a physical network", "Set physical_network."
        yield error("physical-network-missing", path, message, fix)
    for number, text in enumerate(fabric.vlan_ranges):
        low, high = parse_vlan_range(text)
        if fabric.vlan and low <= fabric.vlan <= high:
            message = f"holds the fabric's own VLAN {fabric.vlan}"
            fix = "Leave fabrics' VLANs out of tenants' ranges."
            yield error("vlan-clash", (*path, number), message, fix, text)
        for earlier in fabric.vlan_ranges[:number]:
            yield from _meet(earlier, (*path, number), text, name)

"""The desired state of a node's pod networks, checked; errors name the key."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError

__all__ = ["Fabric", "NetworkSpec", "SpecError"]

#: A fabric is a file, an object and a part of a label.
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Fabric:
    """A second interface that pods can have on this node.

    interface  of the node, that carries it. kind: macvlan or ipvlan. mtu: bytes.
    plugins    types of CNI plugins chained after it.
    subnet     of the fabric; first to last: the addresses of this node's pods.
    """

    interface: str
    kind: str
    mtu: int
    plugins: tuple[str, ...]
    subnet: str
    first: str
    last: str


@dataclass(frozen=True)
class NetworkSpec:
    """A node's pods, and by which node those of others are reached.

    node        its name in the cluster.
    pod_subnet  of this node on the plain bridge; "": another CNI makes the primary network.
    pods        of the whole cluster on the plain bridge; "": as above.
    mtu         of pods' primary interfaces, bytes.
    routes      {another node's pod subnet: its address}.
    multus      pods of the cluster can have second interfaces: on every node of it, as a pod that
                asks for one must not start on a node that has none.
    fabrics     second interfaces of this node by fabric.
    """

    node: str
    pod_subnet: str
    pods: str
    mtu: int
    routes: Mapping[str, str]
    multus: bool
    fabrics: Mapping[str, Fabric]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> NetworkSpec:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        routes, fabrics = r.settings("routes"), r.object("fabrics")
        spec = cls(
            r.word("node"), r.text("pod_subnet", ""), r.text("pods", ""),
            r.number("mtu", 1500, 1280, 9216), routes, r.flag("multus", False),
            {} if fabrics is None else {name: _fabric(fabrics, name) for name in fabrics.value},
        )  # fmt: skip
        r.end()
        if spec.fabrics and not spec.multus:
            raise SpecError("multus: needed for fabrics")
        own = [(key, text) for key in ("pod_subnet", "pods") if (text := getattr(spec, key))]
        for key, text in (*own, *(("routes", to) for to in routes)):
            try:
                ipaddress.ip_network(text)
            except ValueError as error:
                raise SpecError(f"{key}: {error}") from None
        for to, via in routes.items():
            try:
                ipaddress.ip_address(via)
            except ValueError as error:
                raise SpecError(f"routes.{to}: {error}") from None
        return spec


def _fabric(fabrics: Reader, name: str) -> Fabric:
    r = fabrics.object(name)
    if not NAME.fullmatch(name) or r is None:
        raise SpecError(f"{fabrics.key(name)}: expected a DNS label with a mapping")
    found = Fabric(
        interface=r.interface("interface"),
        kind=r.text("kind", "macvlan", ("macvlan", "ipvlan")),
        mtu=r.number("mtu", 1500, 1280, 9216),
        plugins=r.texts("plugins"),
        subnet=r.destination("subnet"),
        first=r.address("first"),
        last=r.address("last"),
    )
    r.end()
    if not all(NAME.fullmatch(plugin) for plugin in found.plugins):
        raise SpecError(f"{r.key('plugins')}: expected names of programs in /opt/cni/bin")
    if found.subnet == "default":
        raise SpecError(f"{r.key('subnet')}: must be a network")
    subnet = ipaddress.ip_network(found.subnet)
    for key in ("first", "last"):
        if ipaddress.ip_address(getattr(found, key)) not in subnet:
            raise SpecError(f"{r.key(key)}: is not within {subnet}")
    return found

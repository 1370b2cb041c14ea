"""The desired state of a host's RDMA, checked; errors name the key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError


@dataclass(frozen=True)
class RoceLink:
    """RoCE on a network interface.

    device  name of a Soft-RoCE link; "" for the NIC's own, which is found by its netdev.
    kind    "native" or "rxe".
    """

    netdev: str
    kind: str
    device: str = ""


@dataclass(frozen=True)
class Lossless:
    """A lossless class on the ports. ``buffer``: bytes of each of the eight receive buffers."""

    trust: str
    pfc_priorities: tuple[int, ...]
    ecn_priorities: tuple[int, ...]
    buffer: tuple[int, ...] | None
    ports: tuple[str, ...]


@dataclass(frozen=True)
class HostRdmaSpec:
    """What the model says about one host's RDMA (docs/design/overview.md, ``host_rdma``)."""

    driver_source: str = "distribution"
    roce_links: tuple[RoceLink, ...] = ()
    roce_version: int = 2
    memlock: str = "unlimited"
    dscp: int = 26
    traffic_class: int = 104
    lossless: Lossless | None = None
    management_pci_addresses: tuple[str, ...] = ()

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> HostRdmaSpec:
        """From plain data. Raises SpecError."""
        if not isinstance(data, Mapping):
            raise SpecError(f"rdma: must be a mapping, got {data!r}")
        r = Reader(data, "")
        lossless = r.object("lossless")
        spec = cls(
            driver_source=r.text("driver_source", "distribution", ("distribution", "doca")),
            roce_links=tuple(_link(link) for link in r.objects("roce_links")),
            roce_version=r.number("roce_version", 2, 1, 2),
            memlock=r.text("memlock", "unlimited"),
            dscp=r.number("dscp", 26, 0, 63),
            traffic_class=r.number("traffic_class", 104, 0, 255),
            lossless=_lossless(lossless) if lossless else None,
            management_pci_addresses=r.pci_addresses("management_pci_addresses"),
        )
        r.end()
        if spec.memlock != "unlimited" and not re.fullmatch("[0-9]+", spec.memlock):
            raise SpecError(f"memlock: {spec.memlock!r}; expected KiB or unlimited")
        if spec.traffic_class >> 2 != spec.dscp:
            raise SpecError(
                f"traffic_class: {spec.traffic_class} is DSCP {spec.traffic_class >> 2}, "
                f"dscp says {spec.dscp}; expected {spec.dscp << 2}"
            )
        for key in ("netdev", "device"):
            names = [getattr(link, key) for link in spec.roce_links if getattr(link, key)]
            for name in names:
                if names.count(name) > 1:
                    raise SpecError(f"roce_links: {key} {name} is named twice")
        return spec

    def as_dict(self) -> dict[str, Any]:
        """Plain data that ``parse`` takes."""
        return asdict(self)


def _link(r: Reader) -> RoceLink:
    link = RoceLink(
        netdev=r.interface("netdev"),
        kind=r.text("kind", "native", ("native", "rxe")),
        device=r.text("device", ""),
    )
    r.end()
    good = re.fullmatch(r"[\w.-]{1,63}", link.device)
    if not good and (link.device or link.kind == "rxe"):
        raise SpecError(f"{r.key('device')}: a Soft-RoCE link needs a name, such as rxe0")
    return link


def _lossless(r: Reader) -> Lossless:
    lossless = Lossless(
        trust=r.text("trust", "dscp", ("dscp", "pcp")),
        pfc_priorities=r.numbers("pfc_priorities", 0, 7),
        ecn_priorities=r.numbers("ecn_priorities", 0, 7),
        buffer=r.numbers("buffer", 0, 1 << 31) or None,
        ports=r.interfaces("ports"),
    )
    r.end()
    if lossless.buffer and len(lossless.buffer) != 8:
        raise SpecError(f"lossless.buffer: {len(lossless.buffer)} sizes, expected 8")
    if not lossless.pfc_priorities:
        raise SpecError("lossless.pfc_priorities: none; a lossless class has at least one")
    return lossless

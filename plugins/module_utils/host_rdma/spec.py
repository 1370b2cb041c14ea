"""The desired state of a host's RDMA, checked; errors name the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

PRIORITIES = range(8)


class SpecError(ValueError):
    """A value that cannot be meant; the message begins with its key."""


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
        _known("", data, cls)
        spec = cls(
            driver_source=_one_of("driver_source", data, ("distribution", "doca"), "distribution"),
            roce_links=tuple(_link(n, x) for n, x in enumerate(data.get("roce_links") or [])),
            roce_version=_number("roce_version", data.get("roce_version", 2), (1, 2)),
            memlock=str(data.get("memlock") or "unlimited"),
            dscp=_number("dscp", data.get("dscp", 26), range(64)),
            traffic_class=_number("traffic_class", data.get("traffic_class", 104), range(256)),
            lossless=_lossless(data["lossless"]) if data.get("lossless") else None,
            management_pci_addresses=tuple(data.get("management_pci_addresses") or ()),
        )
        if spec.memlock != "unlimited" and not spec.memlock.isdigit():
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


def _link(number: int, data: Mapping[str, Any]) -> RoceLink:
    key = f"roce_links[{number}]"
    _known(key, data, RoceLink)
    kind = _one_of("kind", data, ("native", "rxe"), "native", f"{key}.")
    netdev, device = str(data.get("netdev") or ""), str(data.get("device") or "")
    if not netdev or len(netdev) > 15 or "/" in netdev:
        raise SpecError(f"{key}.netdev: {netdev!r} is no interface name")
    if kind == "rxe" and (not device or "/" in device):
        raise SpecError(f"{key}.device: a Soft-RoCE link needs a name, such as rxe0")
    return RoceLink(netdev, kind, device)


def _lossless(data: Mapping[str, Any]) -> Lossless:
    _known("lossless", data, Lossless)
    buffer = data.get("buffer")
    if buffer is not None and len(buffer) != len(PRIORITIES):
        raise SpecError(f"lossless.buffer: {len(buffer)} sizes, expected 8")
    lists = {
        key: tuple(_number(f"lossless.{key}", p, PRIORITIES) for p in data.get(key) or ())
        for key in ("pfc_priorities", "ecn_priorities")
    }
    if not lists["pfc_priorities"]:
        raise SpecError("lossless.pfc_priorities: none; a lossless class has at least one")
    return Lossless(
        trust=_one_of("trust", data, ("dscp", "pcp"), "dscp", "lossless."),
        buffer=None if buffer is None else tuple(int(size) for size in buffer),
        ports=tuple(data.get("ports") or ()),
        **lists,
    )


def _known(key: str, data: Mapping[str, Any], kind: type) -> None:
    known = [field.name for field in fields(kind)]
    for name in sorted(set(data) - set(known)):
        raise SpecError(f"{key}{'.' if key else ''}{name}: unknown; known are {', '.join(known)}")


def _one_of(
    key: str, data: Mapping[str, Any], allowed: tuple[str, ...], default: str, where: str = ""
) -> str:
    value = data.get(key) or default
    if value not in allowed:
        raise SpecError(f"{where}{key}: {value!r}; expected one of {', '.join(allowed)}")
    return str(value)


def _number(key: str, value: Any, allowed: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        raise SpecError(f"{key}: {value!r}; expected {allowed[0]} to {allowed[-1]}")
    return value

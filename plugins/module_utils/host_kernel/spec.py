"""The desired state of a host's kernel, checked; errors name the key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SIZE = re.compile(r"^(\d+)([KMG])$")
KIB = {"K": 1, "M": 1024, "G": 1024 * 1024}
#: from here on pages are reserved at boot: later the memory is no longer in one piece
GIGANTIC_KIB = 1024 * 1024


class SpecError(ValueError):
    """A value that cannot be meant; the message begins with its key."""


@dataclass(frozen=True)
class HugePages:
    """``count`` pages of ``size`` ("2M", "1G"), on one NUMA node or wherever the kernel likes."""

    size: str
    count: int
    node: int | None = None

    @property
    def kib(self) -> int:
        number, unit = SIZE.match(self.size).groups()  # type: ignore[union-attr]
        return int(number) * KIB[unit]

    @property
    def gigantic(self) -> bool:
        return self.kib >= GIGANTIC_KIB


@dataclass(frozen=True)
class Limit:
    """A line of limits.conf(5). memlock is in KiB there, or "unlimited"."""

    domain: str
    type: str
    item: str
    value: str


@dataclass(frozen=True)
class HostKernelSpec:
    """What the model says about one host's kernel (docs/design/overview.md, ``host_kernel``)."""

    command_line: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    module_options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    hugepages: tuple[HugePages, ...] = ()
    sysctl: Mapping[str, str] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> HostKernelSpec:
        """From plain data. Raises SpecError."""
        unknown = sorted(set(data) - set(cls.__dataclass_fields__))
        if unknown:
            known = ", ".join(cls.__dataclass_fields__)
            raise SpecError(f"{unknown[0]}: unknown; known are {known}")
        pages = tuple(
            _hugepages(n, p) for n, p in enumerate(data.get("hugepages") or []) if p is not None
        )
        _one_way_per_size(pages)
        return cls(
            command_line=tuple(_arguments(data.get("command_line") or [])),
            modules=tuple(_name("modules", m) for m in data.get("modules") or []),
            module_options={
                _name("module_options", m): {str(o): str(v) for o, v in (options or {}).items()}
                for m, options in (data.get("module_options") or {}).items()
            },
            hugepages=pages,
            sysctl={
                str(k): " ".join(str(v).split()) for k, v in (data.get("sysctl") or {}).items()
            },
            limits=tuple(_limit(n, entry) for n, entry in enumerate(data.get("limits") or [])),
        )


def _arguments(values: list[Any]) -> list[str]:
    found = []
    for value in values:
        text = str(value)
        if not text or re.search(r"[\s\"'$`\\]", text):
            raise SpecError(f"command_line: {text!r}: one argument each, without quotes or $")
        if text not in found:
            found.append(text)
    return found


def _name(key: str, value: Any) -> str:
    text = str(value)
    if not re.match(r"^[A-Za-z0-9_-]+$", text):
        raise SpecError(f"{key}: {text!r} is no kernel module's name")
    return text


def _limit(number: int, data: Mapping[str, Any]) -> Limit:
    limit = Limit(*(str(data[k]) for k in ("domain", "type", "item", "value")))
    if limit.item == "memlock" and not re.match(r"^(\d+|unlimited|infinity|-1)$", limit.value):
        raise SpecError(f"limits[{number}].value: {limit.value!r}; expected KiB or unlimited")
    return limit


def _hugepages(number: int, data: Mapping[str, Any]) -> HugePages:
    key = f"hugepages[{number}]"
    size = str(data.get("size", ""))
    if not SIZE.match(size):
        raise SpecError(f"{key}.size: {size!r}; expected a number and K, M or G, such as 2M")
    node = data.get("node")
    try:
        pages = HugePages(size, int(data["count"]), None if node is None else int(node))
    except (KeyError, TypeError, ValueError):
        raise SpecError(f"{key}.count, .node: expected whole numbers, got {dict(data)}") from None
    if pages.count < 0:
        raise SpecError(f"{key}.count: {pages.count} is below 0")
    return pages


def _one_way_per_size(pages: tuple[HugePages, ...]) -> None:
    seen: set[tuple[int, int | None]] = set()
    for page in pages:
        others = {node for kib, node in seen if kib == page.kib}
        if page.node in others or (others and (page.node is None or None in others)):
            raise SpecError(f"hugepages: {page.size} is given twice; once in all, or once per node")
        seen.add((page.kib, page.node))

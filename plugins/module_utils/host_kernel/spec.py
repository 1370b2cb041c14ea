"""The desired state of a host's kernel, checked; errors name the key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .arguments import conflicts

SIZE = re.compile(r"([1-9][0-9]*)([KMG])")
KIB = {"K": 1, "M": 1024, "G": 1024 * 1024}
#: from here on pages are reserved at boot: later the memory is no longer in one piece
GIGANTIC_KIB = 1024 * 1024
NAME = re.compile(r"[A-Za-z0-9_-]+")
SYSCTL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./:@+-]*")
WORD = re.compile(r"[^\s#]+")
LINE = re.compile(r"[^\r\n]*")


#: limits.conf(5)
ITEMS = (
    *("as", "chroot", "core", "cpu", "data", "fsize", "locks", "maxlogins", "maxsyslogins"),
    *("memlock", "msgqueue", "nice", "nofile", "nonewprivs", "nproc", "priority", "rss"),
    *("rtprio", "sigpending", "stack"),
)


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
        number, unit = SIZE.fullmatch(self.size).groups()  # type: ignore[union-attr]
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
        unknown = sorted(map(str, set(data) - set(cls.__dataclass_fields__)))
        if unknown:
            known = ", ".join(cls.__dataclass_fields__)
            raise SpecError(f"{unknown[0]}: unknown; known are {known}")
        pages = tuple(
            _hugepages(f"hugepages[{n}]", p) for n, p in enumerate(_list("hugepages", data))
        )
        _one_way_per_size(pages)
        return cls(
            command_line=tuple(_arguments(_list("command_line", data))),
            modules=tuple(_name("modules", m) for m in _list("modules", data)),
            module_options={
                _name("module_options", m): _options(f"module_options.{m}", options)
                for m, options in _map("module_options", data.get("module_options")).items()
            },
            hugepages=pages,
            sysctl=_sysctls(_map("sysctl", data.get("sysctl"))),
            limits=tuple(_limit(f"limits[{n}]", x) for n, x in enumerate(_list("limits", data))),
        )


def parts(key: str) -> str:
    """A sysctl's path below /proc/sys. With "/" as first separator, dots are part of names
    (eth0.100)."""
    slash, dot = key.find("/"), key.find(".")
    if slash != -1 and (dot == -1 or slash < dot):
        return key
    return key.translate(str.maketrans("./", "/."))


def _map(key: str, value: Any) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, Mapping):
        raise SpecError(f"{key}: expected names with values, got {value!r}")
    return value or {}


def _list(key: str, data: Mapping[str, Any]) -> list[Any]:
    value = data.get(key)
    if value is not None and not isinstance(value, (list, tuple)):
        raise SpecError(f"{key}: expected a list, got {value!r}")
    return list(value or [])


def _text(key: str, value: Any, form: re.Pattern[str], what: str) -> str:
    text = "" if value is None else str(value)
    if not form.fullmatch(text):
        raise SpecError(f"{key}: {text!r} is no {what}")
    return text


def _arguments(values: list[Any]) -> list[str]:
    found = []
    for value in values:
        text = str(value)
        if not text or re.search(r"[\s\"'$`\\]", text):
            raise SpecError(f"command_line: {text!r}: one argument each, without quotes or $")
        if text not in found:
            found.append(text)
    for first, second in conflicts(found):
        raise SpecError(f"command_line: {first} and {second} cannot both hold")
    return found


def _name(key: str, value: Any) -> str:
    return _text(key, value, NAME, "kernel module's name")


def _options(key: str, data: Any) -> dict[str, str]:
    return {
        _text(key, option, NAME, "option's name"): _text(f"{key}.{option}", value, LINE, "one line")
        for option, value in _map(key, data).items()
    }


def _sysctls(data: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in data.items():
        name = _text("sysctl", key, SYSCTL, "kernel parameter's name")
        path = parts(name)
        if {"", ".", ".."} & set(path.split("/")):
            raise SpecError(f"sysctl: {name!r} is no kernel parameter's name")
        if path in map(parts, found):
            raise SpecError(f"sysctl: {name} is given twice")
        text = " ".join(_text(f"sysctl.{name}", value, LINE, "one line").split())
        if not text:
            raise SpecError(f"sysctl.{name}: has no value")
        found[name] = text
    return found


def _limit(key: str, data: Any) -> Limit:
    values = _map(key, data)
    limit = Limit(
        *(
            _text(f"{key}.{name}", values.get(name), WORD, "word of limits.conf")
            for name in ("domain", "type", "item", "value")
        )
    )
    if limit.item not in ITEMS:
        raise SpecError(f"{key}.item: {limit.item!r}; known are {', '.join(ITEMS)}")
    if not re.fullmatch(r"-?[0-9]+|unlimited|infinity", limit.value):
        raise SpecError(f"{key}.value: {limit.value!r}; expected a number or unlimited")
    if limit.item == "memlock" and not re.fullmatch(r"[0-9]+|unlimited|infinity|-1", limit.value):
        raise SpecError(f"{key}.value: {limit.value!r}; expected KiB or unlimited")
    return limit


def _hugepages(key: str, given: Any) -> HugePages:
    data = _map(key, given)
    size = str(data.get("size", ""))
    if not SIZE.fullmatch(size):
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

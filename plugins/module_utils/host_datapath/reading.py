"""Takes typed values out of plain data, and knows the key that is wrong."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

#: Linux keeps interface names in 16 bytes with the final zero.
NAME_LENGTH = 15
#: Names go into files and paths of root's: only what cannot mean anything else there.
INTERFACE = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.@+-]{{0,{NAME_LENGTH - 1}}}")
UNIT = re.compile(
    r"[A-Za-z0-9_][A-Za-z0-9_.@:\\-]{0,240}\.(service|socket|target|timer|path|mount)"
)
MODULE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,54}")
WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")
PCI_ADDRESS = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
MAC_ADDRESS = re.compile(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
NETDEVSIM = re.compile(r"netdevsim/netdevsim[0-9]+")


class SpecError(ValueError):
    """The desired state is malformed; the message begins with the key."""


_MISSING = object()
_REQUIRED: Any = None


class Reader:
    """Takes typed values out of a mapping and knows where it is."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            raise SpecError(f"{where or 'datapath'}: must be a mapping, got {type(value).__name__}")
        self.value, self.where, self._taken = value, where, set()

    def key(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def _take(self, name: str) -> Any:
        self._taken.add(name)
        return self.value.get(name, _MISSING)

    def text(
        self, name: str, default: str | None = _REQUIRED, allowed: tuple[str, ...] = ()
    ) -> str:
        value = self._take(name)
        if value is _MISSING or value is None:
            if default is None:
                raise SpecError(f"{self.key(name)}: missing")
            return default
        if not isinstance(value, str):
            raise SpecError(f"{self.key(name)}: must be text, got {value!r}")
        if allowed and value not in allowed:
            raise SpecError(f"{self.key(name)}: {value!r} is none of {', '.join(allowed)}")
        return value

    def optional(self, name: str, allowed: tuple[str, ...] = ()) -> str | None:
        return self.text(name, "", allowed) or None

    def _form(self, name: str, form: re.Pattern[str], wrong: str, *, optional: bool = False) -> str:
        """Text that has a form; *wrong* says of other text what it is not."""
        value = self.text(name, "" if optional else None)
        if (value or not optional) and not form.fullmatch(value):
            raise SpecError(f"{self.key(name)}: {value!r} is {wrong}")
        return value

    def interface(self, name: str, *, optional: bool = False) -> str:
        return self._form(name, INTERFACE, "no interface name", optional=optional)

    def interfaces(self, name: str) -> tuple[str, ...]:
        return self._forms(name, INTERFACE, "no interface name")

    def units(self, name: str) -> tuple[str, ...]:
        return self._forms(name, UNIT, "no name of a systemd unit, like nova-compute.service")

    def module(self, name: str) -> str:
        """The name of a kernel module; "" without."""
        return self._form(name, MODULE, "no name of a kernel module", optional=True)

    def word(self, name: str) -> str:
        return self._form(name, WORD, "no name: letters, digits, and . _ - inside")

    def pci_address(self, name: str, *, optional: bool = False) -> str:
        return self._form(name, PCI_ADDRESS, "not like 0000:3b:00.0", optional=optional)

    def pci_addresses(self, name: str) -> tuple[str, ...]:
        return self._forms(name, PCI_ADDRESS, "not like 0000:3b:00.0")

    def mac_address(self, name: str) -> str:
        return self._form(name, MAC_ADDRESS, "not like 52:54:00:12:34:56", optional=True)

    def netdevsim(self, name: str) -> str:
        return self._form(name, NETDEVSIM, "not like netdevsim/netdevsim10")

    def _forms(self, name: str, form: re.Pattern[str], wrong: str) -> tuple[str, ...]:
        values = self.texts(name)
        for n, value in enumerate(values):
            if not form.fullmatch(value):
                raise SpecError(f"{self.key(name)}[{n}]: {value!r} is {wrong}")
        return values

    def address(self, name: str, *, optional: bool = False) -> str:
        """An IP address without a prefix."""
        value = self.text(name, "" if optional else None)
        try:
            return value and str(ipaddress.ip_address(value))
        except ValueError:
            raise SpecError(f"{self.key(name)}: {value!r} is not like 10.0.0.1") from None

    def destination(self, name: str) -> str:
        """A network; "default" or nothing for all."""
        value = self.text(name, "default")
        try:
            return value if value == "default" else str(ipaddress.ip_network(value))
        except ValueError:
            raise SpecError(f"{self.key(name)}: {value!r} is not like 10.0.0.0/8") from None

    def number(self, name: str, default: int | None, low: int, high: int) -> int:
        value = self._take(name)
        if value is _MISSING or value is None:
            if default is None:
                raise SpecError(f"{self.key(name)}: missing")
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise SpecError(
                f"{self.key(name)}: must be a number from {low} to {high}, got {value!r}"
            )
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self._take(name)
        if value is _MISSING or value is None:
            return default
        if not isinstance(value, bool):
            raise SpecError(f"{self.key(name)}: must be true or false, got {value!r}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._list(name)
        for n, item in enumerate(value):
            if not isinstance(item, str):
                raise SpecError(f"{self.key(name)}[{n}]: must be text, got {item!r}")
        return tuple(value)

    def numbers(self, name: str, low: int, high: int) -> tuple[int, ...]:
        items = {f"{name}[{n}]": item for n, item in enumerate(self._list(name))}
        each = Reader(items, self.where)
        return tuple(each.number(key, None, low, high) for key in items)

    def addresses(self, name: str) -> tuple[str, ...]:
        """Addresses with their prefix, written as the kernel writes them."""
        found = []
        for n, text in enumerate(self.texts(name)):
            try:
                found.append(ipaddress.ip_interface(text).with_prefixlen if "/" in text else None)
            except ValueError:
                found.append(None)
            if found[-1] is None:
                raise SpecError(f"{self.key(name)}[{n}]: {text!r} is not like 10.0.0.1/24")
        return tuple(found)

    def settings(self, name: str) -> dict[str, str]:
        reader = self.object(name)
        if reader is None:
            return {}
        for key, value in reader.value.items():
            if not isinstance(value, str):
                raise SpecError(f"{reader.key(str(key))}: must be quoted text, got {value!r}")
        return dict(reader.value)

    def object(self, name: str) -> Reader | None:
        value = self._take(name)
        return None if value is _MISSING or value is None else Reader(value, self.key(name))

    def objects(self, name: str) -> list[Reader]:
        return [Reader(item, f"{self.key(name)}[{n}]") for n, item in enumerate(self._list(name))]

    def _list(self, name: str) -> list[Any]:
        value = self._take(name)
        if value is _MISSING or value is None:
            return []
        if not isinstance(value, (list, tuple)):
            raise SpecError(f"{self.key(name)}: must be a list, got {value!r}")
        return list(value)

    def ignore(self, *names: str) -> None:
        self._taken.update(names)

    def end(self) -> None:
        unknown = sorted(str(k) for k in self.value if k not in self._taken)
        if unknown:
            raise SpecError(f"{self.key(unknown[0])}: unknown key")

"""Takes typed values out of plain data, and knows the key that is wrong."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

#: Linux keeps interface names in 16 bytes with the final zero.
NAME_LENGTH = 15


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

    def interface(self, name: str) -> str:
        value = self.text(name)
        if not 0 < len(value) <= NAME_LENGTH or "/" in value or value != "".join(value.split()):
            raise SpecError(f"{self.key(name)}: {value!r} is no interface name")
        return value

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

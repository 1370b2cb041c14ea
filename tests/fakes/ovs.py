"""Open vSwitch's database as ``ovs-vsctl`` changes and shows it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Bridge:
    external_ids: dict[str, str] = field(default_factory=dict)
    ports: dict[str, dict[str, str]] = field(default_factory=dict)
    mtu_request: int | None = None


@dataclass
class Database:
    """The database and what vswitchd makes of it.

    effective  the hw-offload that vswitchd read when it started.
    errors     interface → why vswitchd could not open it.
    """

    other_config: dict[str, str] = field(default_factory=dict)
    external_ids: dict[str, str] = field(default_factory=dict)
    bridges: dict[str, Bridge] = field(default_factory=dict)
    effective: str = "false"
    errors: dict[str, str] = field(default_factory=dict)

    def restart(self) -> None:
        self.effective = self.other_config.get("hw-offload", "false")

    def run(self, words: list[str]) -> str:
        """One call's commands, all or none; returns what ``list`` prints."""
        words = [w for w in words if not w.startswith(("--timeout", "--format"))]
        commands: list[list[str]] = [[]]
        for word in words:
            if word == "--":
                commands.append([])
            else:
                commands[-1].append(word)
        return "\n".join(filter(None, (self._one(c) for c in commands if c)))

    def _one(self, words: list[str]) -> str:
        columns = next((w[10:].split(",") for w in words if w.startswith("--columns=")), [])
        command, *rest = [w for w in words if not w.startswith("--")]
        if command == "list":
            rows = getattr(self, f"_{rest[0].lower()}")()
            data = [[row[c] for c in columns] for row in rows]
            return json.dumps({"headings": columns, "data": data})
        getattr(self, "do_" + command.replace("-", "_"))(*rest)
        return ""

    def do_add_br(self, name: str) -> None:
        self.bridges.setdefault(name, Bridge())

    def do_del_br(self, name: str) -> None:
        self.bridges.pop(name, None)

    def do_br_set_external_id(self, name: str, key: str, value: str) -> None:
        self.bridges[name].external_ids[key] = value

    def do_add_port(self, bridge: str, port: str) -> None:
        other = next((n for n, b in self.bridges.items() if port in b.ports), bridge)
        if other != bridge:
            raise ValueError(f"cannot create a port named {port}: it is in bridge {other}")
        self.bridges[bridge].ports.setdefault(port, {})

    def do_del_port(self, bridge: str, port: str) -> None:
        self.bridges[bridge].ports.pop(port, None)

    def do_set(self, table: str, record: str, *settings: str) -> None:
        for setting in settings:
            column, _, value = setting.partition("=")
            column, _, key = column.partition(":")
            if table == "Open_vSwitch":
                getattr(self, column)[key] = value
            elif table == "Port":
                next(b for b in self.bridges.values() if record in b.ports).ports[record][key] = (
                    value
                )
            else:
                self.bridges[record].mtu_request = int(value)

    def do_remove(self, table: str, record: str, column: str, key: str) -> None:
        getattr(self, column).pop(key, None)

    def _open_vswitch(self) -> list[dict[str, Any]]:
        return [{k: _map(getattr(self, k)) for k in ("other_config", "external_ids")}]

    def _bridge(self) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "ports": ["set", [["uuid", p] for p in (name, *bridge.ports)]],
                "external_ids": _map(bridge.external_ids),
            }
            for name, bridge in self.bridges.items()
        ]

    def _port(self) -> list[dict[str, Any]]:
        found = []
        for name, bridge in self.bridges.items():
            for port, ids in {name: {}, **bridge.ports}.items():
                found.append({"_uuid": ["uuid", port], "name": port, "external_ids": _map(ids)})
        return found

    def _interface(self) -> list[dict[str, Any]]:
        empty: list[Any] = ["set", []]
        return [
            {"name": n, "mtu": 1500, "mtu_request": b.mtu_request or empty, "error": empty}
            for n, b in self.bridges.items()
        ] + [
            {"name": n, "mtu": 0, "mtu_request": empty, "error": e} for n, e in self.errors.items()
        ]


def _map(value: dict[str, str]) -> list[Any]:
    return ["map", sorted(value.items())]

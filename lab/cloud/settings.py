"""What is an instance's own: addresses, folders, passwords."""

import json
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lab.machine import SUBNET
from lab.paths import Paths

#: Service → port of its API, in the namespace and on both outer addresses.
PORTS = {
    "keystone": 5000,
    "placement": 8778,
    "glance": 9292,
    "nova": 8774,
    "neutron": 9696,
    "ironic": 6385,
}
#: Service → type and path of its endpoint in the catalog.
CATALOG = {
    "keystone": ("identity", "/v3"),
    "placement": ("placement", ""),
    "glance": ("image", ""),
    "nova": ("compute", "/v2.1"),
    "neutron": ("network", ""),
    "ironic": ("baremetal", ""),
}
REGION = "lab-1"
#: Users with a password: the services', the first administrator, and the kit's own.
USERS = ("admin", "slipway", *(name for name in PORTS if name != "keystone"))
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Settings:
    """The cloud of one instance of the lab."""

    paths: Paths

    @property
    def home(self) -> Path:
        return self.paths.home / "cloud"

    @property
    def etc(self) -> Path:
        return self.home / "etc"

    @property
    def choices(self) -> dict[str, Any]:
        """What `cloud up` was told: token_seconds, and config, a folder of rendered files."""
        try:
            found: dict[str, Any] = json.loads((self.home / "choices.json").read_text())
        except (OSError, ValueError):
            found = {}
        return {"token_seconds": 3600, "config": None, **found}

    @property
    def overlay(self) -> Path:
        """What the kit writes for Kolla-Ansible, in the places that it reads."""
        return Path(self.choices["config"] or self.home / "overlay")

    @property
    def run(self) -> Path:
        """Sockets and pid files."""
        return self.paths.sockets / "cloud"

    @property
    def public(self) -> str:
        """Where the controller reaches the APIs: on the machine's loopback, by instance."""
        third, fourth = int(self.paths.tag[:2], 16), int(self.paths.tag[2:4], 16)
        return f"127.77.{third}.{1 + fourth % 254}"

    @property
    def internal(self) -> str:
        """Where services and machines of the lab reach them."""
        return f"{SUBNET}.5"

    def url(self, service: str, *, public: bool = False) -> str:
        """An endpoint of the catalog."""
        host = self.public if public else self.internal
        return f"https://{host}:{PORTS[service]}{CATALOG[service][1]}"

    @property
    def ca(self) -> Path:
        return self.home / "ca.pem"

    @property
    def mysql(self) -> Path:
        return self.run / "mysql.sock"

    @cached_property
    def passwords(self) -> dict[str, str]:
        """Of users, of the database and of the messages; made once for each instance."""
        path = self.home / "passwords.json"
        wanted = (*USERS, "database", "messages")
        found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        if missing := [name for name in wanted if name not in found]:
            found |= {name: secrets.token_urlsafe(24) for name in missing}
            private(path, json.dumps(found, indent=1) + "\n")
        return found

    def database(self, name: str) -> str:
        """The address of a database, for a configuration."""
        password = self.passwords["database"]
        return (
            f"mysql+pymysql://cloud:{password}@localhost/{name}"
            f"?unix_socket={self.mysql}&charset=utf8"
        )

    @property
    def messages(self) -> str:
        return f"rabbit://cloud:{self.passwords['messages']}@{LOOPBACK}:5672/"


def private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, complete at every moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    half.rename(path)

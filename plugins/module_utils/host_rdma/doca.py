"""DOCA's drivers from a pinned repository package. No NVIDIA NIC and no such repository were
there: tested with recording stand-ins only (see the proof table)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..fetch import fetch, sha256_of, shown
from ..host_datapath.reading import Reader
from ..system import System

CACHE = "/var/cache/slipway"
#: drivers that DOCA's packages replace
REPLACED = ("mlx5_core", "mlx4_core")
#: the package by which its repository is known to be set up
REPOSITORY_PACKAGE = "doca-host"


@dataclass(frozen=True)
class Pin:
    """The repository package: ``version``, where it is (http, https or file), its SHA-256, and
    what to install from the repository that it brings."""

    version: str
    url: str
    sha256: str
    packages: tuple[str, ...]

    @classmethod
    def parse(cls, data: Mapping[str, Any] | None) -> Pin | None:
        """None if anything is missing: an artifact without its hash is not taken."""
        r = Reader(data or {}, "doca")
        pin = cls(
            *(r.text(key, "") for key in ("version", "url", "sha256")),
            packages=r.texts("packages"),
        )
        whole = pin.version and pin.url and pin.packages and re.match(r"^[0-9a-f]{64}$", pin.sha256)
        return pin if whole else None

    @property
    def shown(self) -> str:
        """The address for messages."""
        return shown(self.url)


def download(system: System, pin: Pin) -> str:
    """The repository package on the host, proven by its hash. Returns its path there."""
    target = f"{CACHE}/{pin.shown.rpartition('/')[2]}"
    here = system.path(target)
    if sha256_of(here) != pin.sha256:
        fetch(pin.url, pin.sha256, here)
    return target


def stale_drivers(system: System) -> list[str]:
    """Replaced drivers that are loaded from other files than those installed now."""
    found = []
    for driver in REPLACED:
        loaded = system.read(f"/sys/module/{driver}/srcversion")
        if loaded is None:
            continue
        answer = system.run("modinfo", "--field", "srcversion", driver, check=False)
        if answer.stdout.strip() not in ("", loaded):
            found.append(driver)
    return found

"""DOCA's drivers from a pinned repository package. No NVIDIA NIC and no such repository were
there: tested with recording stand-ins only (see the proof table)."""

from __future__ import annotations

import hashlib
import os
import re
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
        data = data or {}
        pin = cls(
            *(str(data.get(key) or "") for key in ("version", "url", "sha256")),
            packages=tuple(data.get("packages") or ()),
        )
        whole = pin.version and pin.url and pin.packages and re.match(r"^[0-9a-f]{64}$", pin.sha256)
        return pin if whole else None


def download(system: System, pin: Pin) -> str:
    """The repository package on the host, proven by its hash. Returns its path there."""
    target = f"{CACHE}/{pin.url.rpartition('/')[2]}"
    here = system.path(target)
    if _sha256(here) == pin.sha256:
        return target
    if not pin.url.startswith(("http://", "https://", "file://")):
        raise RuntimeError(f"{pin.url}: expected http, https or file")
    os.makedirs(os.path.dirname(here), exist_ok=True)
    partial = f"{here}.partial"
    with urllib.request.urlopen(pin.url, timeout=60) as source, open(partial, "wb") as copy:
        while chunk := source.read(1 << 20):
            copy.write(chunk)
    got = _sha256(partial)
    if got != pin.sha256:
        os.unlink(partial)
        raise RuntimeError(f"{pin.url} has SHA-256 {got}, pinned is {pin.sha256}: not installed")
    os.replace(partial, here)
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


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as handle:
            while chunk := handle.read(1 << 20):
                digest.update(chunk)
    except FileNotFoundError:
        return ""
    return digest.hexdigest()

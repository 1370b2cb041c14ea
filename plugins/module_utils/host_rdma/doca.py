"""DOCA's drivers from a pinned repository package. No NVIDIA NIC and no such repository were
there: tested with recording stand-ins only (see the proof table)."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

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
        """The address for messages: without user, password and query."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def request(self) -> urllib.request.Request:
        """What to ask for; urllib takes no user in an address."""
        parts = urlsplit(self.url)
        user, _at, host = parts.netloc.rpartition("@")
        asked = urllib.request.Request(urlunsplit(parts._replace(netloc=host)))
        if user:
            word = base64.b64encode(unquote(user).encode()).decode()
            asked.add_unredirected_header("Authorization", f"Basic {word}")
        return asked


def download(system: System, pin: Pin) -> str:
    """The repository package on the host, proven by its hash. Returns its path there."""
    target = f"{CACHE}/{pin.shown.rpartition('/')[2]}"
    here = system.path(target)
    if _sha256(here) == pin.sha256:
        return target
    if not pin.url.startswith(("http://", "https://", "file://")):
        raise RuntimeError(f"{pin.shown}: expected http, https or file")
    os.makedirs(os.path.dirname(here), exist_ok=True)
    partial = f"{here}.partial"
    try:
        with (
            urllib.request.urlopen(pin.request(), timeout=60) as source,
            open(partial, "wb") as copy,
        ):
            while chunk := source.read(1 << 20):
                copy.write(chunk)
    except (OSError, HTTPException) as error:
        raise RuntimeError(f"{pin.shown}: {error}") from None
    got = _sha256(partial)
    if got != pin.sha256:
        os.unlink(partial)
        raise RuntimeError(f"{pin.shown} has SHA-256 {got}, pinned is {pin.sha256}: not installed")
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

"""diskimage-builder in a virtual environment of its own, from a lock file with hashes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys

from ..system import System
from .recipe import lock_of


def path_of(kit: str, cache: str) -> str:
    """Its place, keyed by the lock: a virtual environment cannot be moved."""
    with open(lock_of(kit), "rb") as file:
        key = hashlib.sha256(file.read()).hexdigest()[:16]
    return os.path.join(cache, f"diskimage-builder-{key}")


def version(kit: str) -> str:
    """diskimage-builder's, as it is locked."""
    with open(lock_of(kit), encoding="utf-8") as file:
        found = re.search(r"^diskimage-builder==(\S+)", file.read(), re.M)
    return found[1] if found else ""


def ensure(system: System, kit: str, cache: str) -> str:
    """The folder of it, made if it is not there. CommandError says why that cannot be."""
    place = path_of(kit, cache)
    complete = os.path.join(place, "complete")
    if os.path.exists(complete):
        return place
    shutil.rmtree(place, ignore_errors=True)  # from a run that was cut
    os.makedirs(cache, exist_ok=True)
    asked = system.run(sys.executable, os.path.join(kit, "scripts", "bootstrap"), "--show-uv")
    found = json.loads(asked.stdout.splitlines()[-1])
    settings = [f"{name}={value}" for name, value in found["environment"].items()]
    uv = ["env", *settings, found["uv"]]
    system.run(*uv, "venv", "--quiet", "--python", sys.executable, place)
    system.run(
        *uv, "pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes", "--python",
        os.path.join(place, "bin", "python"), lock_of(kit), timeout=900,
    )  # fmt: skip
    with open(complete, "w", encoding="utf-8"):
        pass
    return place

"""Kayobe's folder as it is: the kit's files, who changed them, and what the kit remembers."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from typing import Any

import yaml

from ..system import System
from .files import ALLOCATION

MEMORY = ".slipway.json"


def digest(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


class Folder:
    """$KAYOBE_CONFIG_PATH."""

    def __init__(self, system: System, path: str) -> None:
        self.system, self.path = system, path

    def of(self, name: str) -> str:
        """The whole path of a file in it."""
        return os.path.join(self.path, name)

    def text(self, name: str) -> str | None:
        """A file's text, with one line feed at its end; None if it is not there."""
        text = self.system.read(self.of(name))
        return None if text is None else text + "\n"

    def exposed(self, name: str) -> bool:
        """Whether others may read a file."""
        mode = os.stat(self.system.path(self.of(name))).st_mode
        return bool(stat.S_IMODE(mode) & 0o077)

    def write(self, name: str, text: str, *, private: bool) -> None:
        """Replace a file."""
        self.system.write_file(self.of(name), text, 0o600 if private else 0o644)

    def remove(self, name: str) -> None:
        """Remove a file, and folders that are empty then."""
        self.system.remove(self.of(name))
        above = os.path.dirname(name)
        while above and not self.system.list(self.of(above)):
            os.rmdir(self.system.path(self.of(above)))
            above = os.path.dirname(above)

    def memory(self) -> dict[str, Any]:
        """What the kit wrote: ``files`` (digests by path), ``addresses`` (by network and host)."""
        try:
            found = json.loads(self.system.read(self.of(MEMORY)) or "{}")
        except ValueError:
            raise ValueError(f"{self.of(MEMORY)} cannot be read; restore it or remove it") from None
        return {"files": found.get("files", {}), "addresses": found.get("addresses", {})}

    def remember(self, memory: dict[str, Any]) -> None:
        """Write what the kit wrote."""
        text = json.dumps(memory, indent=1, sort_keys=True) + "\n"
        self.system.write_file(self.of(MEMORY), text)

    def addresses(self) -> dict[str, dict[str, str]]:
        """network-allocation.yml as it is; Kayobe may have added hosts."""
        text = self.text(ALLOCATION)
        try:
            found = yaml.safe_load(text or "") or {}
        except yaml.YAMLError:
            found = None
        if not isinstance(found, dict):
            raise ValueError(f"{self.of(ALLOCATION)} is no file of addresses; correct or remove it")
        return {str(net): dict(hosts or {}) for net, hosts in found.items()}


def own_files(system: System, path: str) -> dict[str, str]:
    """Texts of the operator's files by path below *path*; hidden ones are left out."""
    if not path:
        return {}
    top = system.path(path)
    if not os.path.isdir(top):
        raise ValueError(
            f"{path} is not a folder; make it, or leave it out of the role's arguments"
        )
    found = {}
    for folder, below, names in os.walk(top):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            if name.startswith(".") or name.endswith("~"):
                continue
            whole = os.path.join(folder, name)
            try:
                with open(whole, encoding="utf-8") as handle:
                    text = handle.read()
            except UnicodeDecodeError:
                raise ValueError(f"{whole} is not text: the own files are text in UTF-8") from None
            found[os.path.relpath(whole, top)] = text.rstrip() + "\n"
    return found

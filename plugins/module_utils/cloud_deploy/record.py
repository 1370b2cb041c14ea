"""Which step was finished, and with which inputs."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..system import System
from .commands import inputs

FILE = ".slipway-deploy.json"


class Record:
    """The record in Kayobe's folder."""

    def __init__(self, system: System, folder: str) -> None:
        self.system, self.folder = system, folder

    def finished(self) -> dict[str, str]:
        """Digests of inputs by step. What cannot be read counts as nothing: steps are run again."""
        try:
            found = json.loads(self.system.read(os.path.join(self.folder, FILE)) or "{}")
        except ValueError:
            return {}
        return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}

    def note(self, step: str, digest: str) -> None:
        """A step is finished."""
        text = json.dumps({**self.finished(), step: digest}, indent=1, sort_keys=True) + "\n"
        self.system.write_file(os.path.join(self.folder, FILE), text)

    def forget(self, step: str) -> None:
        """A step is about to be run: until it ends well it counts as not run."""
        rest = {name: digest for name, digest in self.finished().items() if name != step}
        self.system.write_file(
            os.path.join(self.folder, FILE), json.dumps(rest, indent=1, sort_keys=True) + "\n"
        )

    def digest(self, step: str, words: list[str]) -> str:
        """Of the command line and of all files that a step depends on."""
        total = hashlib.sha256("\0".join(words).encode())
        for path in inputs(step, list(self._paths())):
            with open(os.path.join(self.system.path(self.folder), path), "rb") as handle:
                total.update(path.encode() + b"\0" + hashlib.sha256(handle.read()).digest())
        return total.hexdigest()

    def _paths(self) -> Iterator[str]:
        top = self.system.path(self.folder)
        for folder, below, names in os.walk(top):
            below[:] = [name for name in below if not name.startswith(".")]
            for name in names:
                if not name.startswith("."):
                    yield os.path.relpath(os.path.join(folder, name), top)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other run on the same folder meanwhile; RuntimeError if there is one."""
        handle = os.open(self.system.path(self.folder), os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            message = f"another run deploys from {self.folder}; wait for it, or end it"
            raise RuntimeError(message) from None
        finally:
            os.close(handle)

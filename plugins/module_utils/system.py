"""The one door to a host: its files and its commands.

Everything that a host's subjects read, write or run goes through here, so that the
same engine runs on a real host and, in tests, on a stand-in tree.

Python's standard library only.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass


class CommandError(RuntimeError):
    """A command failed; the message holds the command and its last words."""


@dataclass(frozen=True)
class Output:
    """What a command left: exit status and text."""

    status: int
    stdout: str
    stderr: str


class System:
    """A host's files below *root* ("/" on a real one) and its commands.

    With another root no command is run: the answers are those recorded in the tree's
    ``commands.json``, a mapping of ``recorded_key`` to ``[status, stdout, stderr]``.
    """

    def __init__(self, root: str = "/") -> None:
        self.root = root

    def path(self, path: str) -> str:
        """The path on this machine for the host's absolute *path*."""
        return path if self.root == "/" else os.path.join(self.root, path.lstrip("/"))

    def exists(self, path: str) -> bool:
        return os.path.lexists(self.path(path))

    def read(self, path: str) -> str | None:
        """A file's text without trailing white space; None if it is missing or cannot be read.

        Some sysfs attributes exist and fail on read (EOPNOTSUPP, EINVAL): to a
        caller that is the same as not having them.
        """
        try:
            with open(self.path(path), encoding="utf-8", errors="replace") as handle:
                return handle.read().rstrip()
        except OSError:
            return None

    def write_attribute(self, path: str, value: str) -> None:
        """Write a kernel attribute in place (sysfs, procfs). OSError as the kernel gives it."""
        with open(self.path(path), "w", encoding="utf-8") as handle:
            handle.write(value)

    def write_file(self, path: str, text: str, mode: int = 0o644) -> None:
        """Replace a file atomically and durably, as a power cut may follow."""
        target = self.path(path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".slipway-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fchmod(stream.fileno(), mode)
                os.fsync(stream.fileno())
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        directory = os.open(os.path.dirname(target), os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is fine."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path(path))

    def list(self, path: str) -> list[str]:
        """Sorted names in a folder; empty if it is not there."""
        try:
            return sorted(os.listdir(self.path(path)))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def glob(self, pattern: str) -> list[str]:
        """The host's absolute paths that match."""
        found = sorted(glob.glob(self.path(pattern)))
        return found if self.root == "/" else ["/" + os.path.relpath(f, self.root) for f in found]

    def link_name(self, path: str) -> str | None:
        """The last part of what a symbolic link points to (a driver, a device); None if no link."""
        target = self.link(path)
        return os.path.basename(target) if target else None

    def link(self, path: str) -> str | None:
        """What a symbolic link points to; None if it is no link or has just gone."""
        try:
            return os.readlink(self.path(path))
        except OSError:
            return None

    def run(
        self, *argv: str, check: bool = True, timeout: float = 120, stdin: str | None = None
    ) -> Output:
        """Run a command without a shell. With *check*, CommandError on a non-zero exit.

        A missing program gives exit status 127, as a shell would.
        """
        real = self.root == "/"
        output = self._execute(argv, timeout, stdin) if real else self._recorded(argv, stdin)
        if check and output.status:
            raise CommandError(f"`{' '.join(argv)}` failed ({output.status}): {_last(output)}")
        return output

    def _execute(self, argv: Sequence[str], timeout: float, stdin: str | None) -> Output:
        try:
            done = subprocess.run(
                argv,
                capture_output=True,
                text=True,
                timeout=timeout,
                input=stdin,
                check=False,
                env={**os.environ, "LC_ALL": "C"},
            )
        except FileNotFoundError:
            return Output(127, "", f"{argv[0]}: not installed")
        except subprocess.TimeoutExpired:
            return Output(124, "", f"no answer within {timeout:g} s")
        return Output(done.returncode, done.stdout, done.stderr)

    def _recorded(self, argv: Sequence[str], stdin: str | None) -> Output:
        with open(self.path("/commands.json"), encoding="utf-8") as handle:
            answers = json.load(handle)
        key = recorded_key(argv, stdin)
        if key not in answers:
            raise CommandError(f"`{key}`: no answer recorded in {self.root}/commands.json")
        return Output(*answers[key])

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def recorded_key(argv: Sequence[str], stdin: str | None = None) -> str:
    """A command as ``commands.json`` names it: the words, and what it read."""
    return " ".join(argv) + (f" < {stdin.strip()}" if stdin else "")


def _last(output: Output, lines: int = 3) -> str:
    text: Sequence[str] = (output.stderr.strip() or output.stdout.strip()).splitlines()
    return " / ".join(text[-lines:])

"""Kayobe as a program: run with its output line by line, ended with us."""

from __future__ import annotations

import os
import re
import subprocess
from collections import deque
from collections.abc import Callable, Mapping

from .failure import failure, plain

#: What a person wants to see of a run while it goes on.
_PROGRESS = re.compile(r"(PLAY|TASK|RUNNING HANDLER) \[|fatal: |failed: ")
_KEPT = 4000


class Program:
    """Kayobe.

    program      its name or path.
    directory    where it is run: its default virtual environments are below.
    environment  beside that of this process, without Ansible's settings of the kit's own run.
    log          file for the whole output; "" for none. Nobody else may read it.
    tell         called with each line of progress.
    """

    def __init__(
        self, program: str, directory: str, environment: Mapping[str, str], log: str,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:  # fmt: skip
        self.program, self.directory, self.log, self.tell = program, directory, log, tell
        usual = {k: v for k, v in os.environ.items() if not k.startswith("ANSIBLE_")}
        # Kayobe looks for virtual environments below $PWD
        self.environment = {**usual, "PWD": directory, **environment}

    def major(self) -> int | None:
        """Its major version; None if it cannot be run. RuntimeError if it says no version."""
        try:
            ran = subprocess.run(
                [self.program, "--version"], capture_output=True, text=True, check=False,
                env=self.environment, timeout=60,
            )  # fmt: skip
        except (FileNotFoundError, PermissionError):
            return None
        found = re.search(r"(\d+)\.\d+", ran.stdout + ran.stderr)
        if ran.returncode or not found:
            words = (ran.stderr or ran.stdout).strip().splitlines()
            raise RuntimeError(f"{self.program} --version failed: {' '.join(words[-1:])}")
        return int(found[1])

    def run(self, *words: str) -> None:
        """Run it. RuntimeError with the failing task's own message."""
        lines: deque[str] = deque(maxlen=_KEPT)
        log = self._log()
        try:
            process = subprocess.Popen(
                [self.program, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, text=True, errors="replace", bufsize=1,
                env=self.environment, cwd=self.directory,
            )  # fmt: skip
        except OSError as error:
            raise RuntimeError(f"{self.program}: {error.strerror}") from None
        try:
            for line in process.stdout or ():
                if log:
                    log.write(line)
                    log.flush()
                lines.append(plain(line))
                if _PROGRESS.match(lines[-1]):
                    # results may hold secrets, and are in the log
                    self.tell(lines[-1].partition(" => ")[0].rstrip("* "))
        except BaseException:
            process.terminate()
            process.wait()
            raise
        finally:
            if log:
                log.close()
        if process.wait():
            where = f". Whole output: {self.log}" if self.log else ""
            said = failure(list(lines)) or f"exit status {process.returncode}"
            raise RuntimeError(f"kayobe {' '.join(words)}: {said}{where}")

    def _log(self):
        if not self.log:
            return None
        os.makedirs(os.path.dirname(self.log), mode=0o700, exist_ok=True)
        handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(handle, "w", encoding="utf-8")

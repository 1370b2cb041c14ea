"""One command of a phase: run with its output in a log, and counted."""

import re
import subprocess
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from common import CHECKOUT, LOGS, say, venv_environment

TAIL = 40
#: How lines begin that say why a job failed; the last ones stand at the end of everything.
REASON = re.compile(r"(E  |fatal: |FAILED |ERROR |CRITICAL |\[ERROR\]|failed: |\S+:\d+:\d+: )")
REASONS, WIDTH = 8, 400


@dataclass
class Job:
    """A command that counts as one test, or as many as its JUnit file says."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    junit: Path | None = None
    forbidden: str = ""  # what the log of a good run does not have
    told: str = ""  # lines of the log that begin so are for the terminal, too
    stamp: Path | None = None  # where it is kept that the job passed (passed.py)
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0

    @property
    def log(self) -> Path:
        return LOGS / "test" / f"{self.name}.log"

    def run(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.junit:
            self.junit.unlink(missing_ok=True)
        say(f"{self.name}: log in {relative(self.log)}")
        began = time.monotonic()
        with self.log.open("w") as log:
            log.write(f"$ {' '.join(self.command)}\n")
            log.flush()
            status = self.execute(log)
        self.seconds = time.monotonic() - began
        self.count(status)
        self.tell()

    def execute(self, log: TextIO) -> int:
        environment = venv_environment(NO_COLOR="1", ANSIBLE_NOCOLOR="1", **self.environment)
        try:
            return subprocess.run(
                self.command,
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            ).returncode
        except OSError as error:
            log.write(f"could not start: {error}\n")
            return 127

    def count(self, status: int) -> None:
        if self.junit and self.junit.exists():
            self.passed, self.failed, self.skipped = junit_counts(self.junit)
        elif status == 0:
            self.passed = 1
        if self.forbidden and self.forbidden in self.log.read_text(errors="replace"):
            self.passed, self.failed = 0, 1
            with self.log.open("a") as log:
                log.write(f"\nfailed: {self.forbidden!r} is above\n")
        if status and not self.failed:
            self.failed = 1

    def tell(self) -> None:
        outcome = f"{self.passed} passed, {self.failed} failed"
        outcome += f", {self.skipped} skipped" if self.skipped else ""
        lines = self.log.read_text(errors="replace").splitlines()
        for line in lines if self.told else ():
            if line.startswith(self.told):
                print(f"    {line}", flush=True)
        say(f"{self.name}: {outcome} in {self.seconds:.0f} s")
        if self.failed:
            tail = "\n".join(f"    {line}" for line in lines[-TAIL:])
            print(f"{tail}\n    … the last lines of {relative(self.log)}", flush=True)

    def reasons(self) -> list[str]:
        """Lines of the log of a failed job that say why."""
        lines = self.log.read_text(errors="replace").splitlines() if self.failed else []
        return [line[:WIDTH] for line in lines if REASON.match(line)][-REASONS:]


def junit_counts(path: Path) -> tuple[int, int, int]:
    """Passed, failed and skipped tests of a JUnit file."""
    tests = failed = skipped = 0
    for suite in ET.parse(path).getroot().iter("testsuite"):
        tests += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return tests - failed - skipped, failed, skipped


def relative(path: Path) -> str:
    return str(path.relative_to(CHECKOUT)) if path.is_relative_to(CHECKOUT) else str(path)

"""Runs ansible-playbook and says what it cost the controller."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .conditions import CHECKOUT


@dataclass(frozen=True)
class Cost:
    """Seconds of one run.

    wall     from start to end.
    cpu      user and system time of ansible-playbook and all its descendants that it waited
             for: workers, connection programs (ssh), and hosts that run on this machine.
    hosts    the part of cpu that simulated hosts used themselves; 0 with real hosts.
    """

    wall: float
    cpu: float
    hosts: float = 0.0

    @property
    def controller(self) -> float:
        """CPU seconds of the controller alone."""
        return self.cpu - self.hosts


def playbook(arguments: list[str], environment: dict[str, str], log: Path) -> Cost:
    """Run it to its end. SystemExit with the log's end if it fails."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), *arguments]
    everything = {**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), **environment}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=everything, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        _pid, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise SystemExit(f"ansible-playbook failed ({process.returncode}); {log}:\n{end}")
    return Cost(wall, used.ru_utime + used.ru_stime)


def recap(log: Path) -> dict[str, dict[str, int]]:
    """Host → counts of PLAY RECAP (ok, changed, unreachable, failed, skipped…)."""
    found = {}
    _before, _heading, rest = log.read_text(errors="replace").rpartition("PLAY RECAP")
    for line in rest.splitlines()[1:]:
        host, _colon, counts = line.partition(" : ")
        pairs = [word.partition("=") for word in counts.split() if "=" in word]
        if pairs:
            found[host.strip()] = {key: int(value) for key, _equals, value in pairs}
    return found

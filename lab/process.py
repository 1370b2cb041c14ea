"""Processes which the lab started earlier: found again, and ended, by proof of identity."""

import os
import signal
import time
from pathlib import Path

from lab.errors import LabError


def alive(pid_file: Path, mark: str) -> int | None:
    """The process of a pid file if it lives and its command line has the mark.

    The mark is a path that only this instance uses, so a number that was given to
    another process since a crash or a reboot is never taken for ours.
    """
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if mark in command_line(pid) else None


def command_line(pid: int) -> list[str]:
    """The arguments of a process; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def end(pid: int, mark: str, *, hard: bool = False, timeout: float = 30) -> None:
    """End one of our processes: TERM, and KILL when it does not go (or at once)."""
    for number in (signal.SIGKILL,) if hard else (signal.SIGTERM, signal.SIGKILL):
        if mark not in command_line(pid):
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if gone(pid, mark, timeout):
            return
    raise LabError(f"process {pid} does not end: look at it with: ps -p {pid} -o args")


def gone(pid: int, mark: str, timeout: float) -> bool:
    """Wait until the process is no longer there."""
    until = time.monotonic() + timeout
    while mark in command_line(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def resident_mib(pid: int) -> int:
    """Memory of a process in MiB."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def uptime(pid: int) -> float:
    """Seconds since the process began."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    ticks = int(fields[19])
    booted = float(Path("/proc/uptime").read_text().split()[0])
    return booted - ticks / os.sysconf("SC_CLK_TCK")

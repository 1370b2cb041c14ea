"""A process of the cloud: started apart, found again and ended with all that it started.

Proof of identity: its pid file's process leads a session of its own and lives in the instance's
network namespace (outside of it: has the mark on its command line). Titles that services give
themselves, and a number that came to be another process's, do not matter then.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab import network, process
from lab.command import tail
from lab.errors import LabError
from lab.paths import Paths

#: Of whoever runs the lab, and not meant for its services.
FOREIGN = re.compile(r"^(OS_|PYTHON)|_proxy$", re.IGNORECASE)
#: The shell writes its number before it becomes the daemon: no moment without a pid file.
START = 'echo $$ >"$1"; shift; exec "$@"'


@dataclass(frozen=True)
class Daemon:
    """One process with what it starts; *mark*: only for what runs outside the namespace."""

    paths: Paths
    name: str
    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    mark: str = ""

    @property
    def pid_file(self) -> Path:
        return self.paths.sockets / "cloud" / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        return self.paths.logs / "cloud" / f"{self.name}.log"

    @property
    def session(self) -> int | None:
        """The number in the pid file, whether or not the process lives."""
        try:
            return int(self.pid_file.read_text())
        except (OSError, ValueError):
            return None

    @property
    def pid(self) -> int | None:
        """The process, if it lives and is ours."""
        pid = self.session
        return pid if pid and pid in self.members() else None

    def members(self) -> list[int]:
        """Every process of the session that is ours, its leader's too if that lives."""
        session = self.session
        if not session:
            return []
        if self.mark:
            return [session] if self.mark in process.command_line(session) else []
        return [pid for pid in network.processes(self.paths) if session_of(pid) == session]

    def start(self) -> bool:
        """Start it unless it runs; whether it had to be started."""
        if self.pid:
            return False
        end([self])  # what a crashed leader left behind
        for folder in (self.pid_file.parent, self.log.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        begin = ["sh", "-c", START, "sh", str(self.pid_file), *self.argv]
        argv = begin if self.mark else network.inside(self.paths, begin)
        environment = {k: v for k, v in os.environ.items() if not FOREIGN.search(k)}
        with self.log.open("wb") as log:
            self.log.chmod(0o600)
            subprocess.Popen(
                argv, env={**environment, **self.env}, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True, umask=0o077, cwd="/",
            )  # fmt: skip
        until = time.monotonic() + 10
        while not self.session and time.monotonic() < until:
            time.sleep(0.01)
        return True

    def require(self) -> None:
        """LabError with the end of its log if it does not run."""
        if not self.pid:
            raise LabError(f"{self.name} of the cloud has ended\n{tail(self.log)}")


def session_of(pid: int) -> int:
    """The session of a process; 0 if it is gone or only waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[3])


def end(daemons: Iterable[Daemon], patience: float = 5, *, hard: bool = False) -> None:
    """End all of them at the same time: TERM, after *patience* seconds KILL (hard: at once)."""
    daemons = list(daemons)
    if not hard:
        for daemon in daemons:
            if pid := daemon.pid:
                send(pid, signal.SIGTERM)
        wait(daemons, patience)
    for number in (signal.SIGKILL,) * 2:  # a second time for what was started meanwhile
        for daemon in daemons:
            for pid in daemon.members():
                send(pid, number)
        if wait(daemons, 10):
            break
    else:
        left = next(daemon for daemon in daemons if daemon.members())
        raise LabError(f"{left.name} of the cloud does not end: ps -s {left.session} -o pid,args")
    for daemon in daemons:
        daemon.pid_file.unlink(missing_ok=True)


def send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def wait(daemons: list[Daemon], seconds: float) -> bool:
    """Whether all have ended before the time is over."""
    until = time.monotonic() + seconds
    while any(daemon.members() for daemon in daemons):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True

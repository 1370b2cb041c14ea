"""Child processes that cannot outlive a measurement.

A child gets SIGKILL from the kernel when its parent dies, and from us when its time is over.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence

from ..system import Output, System

PR_SET_PDEATHSIG = 1
LISTENING = "0A"  # TCP_LISTEN in /proc/net/tcp


class Child:
    """A program running beside us; its output goes to a file, so that it never blocks on us.

    The death signal follows the *thread* that starts the child: start from the main thread.
    """

    def __init__(self, argv: Sequence[str]) -> None:
        """Start it; FileNotFoundError if there is no such program."""
        self.argv = list(argv)
        # not `with`: the file lives as long as the child
        self._log = tempfile.TemporaryFile(mode="w+", errors="replace")  # noqa: SIM115
        library = ctypes.CDLL(None)
        parent = os.getpid()

        def die_with_parent() -> None:
            library.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

        try:
            self._process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "LC_ALL": "C"},
                preexec_fn=die_with_parent,
            )
        except OSError:
            self._log.close()
            raise

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._process.poll()

    def wait(self, seconds: float) -> Output:
        """Wait for its end, kill it when *seconds* are over (status 124), and give its output."""
        late = False
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            late = True
        self.kill()
        self._log.seek(0)
        text = self._log.read()
        self._log.close()
        status = 124 if late else self._process.returncode
        return Output(status, text, f"no end within {seconds:g} s" if late else "")

    def kill(self) -> None:
        """End it now if it still runs, and collect it."""
        if self._process.poll() is None:
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)


def listens(system: System, port: int) -> bool:
    """Whether anything on this host listens on a TCP port."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in (system.read(table) or "").splitlines()[1:]:
            words = line.split()
            if words[3] == LISTENING and int(words[1].rsplit(":", 1)[1], 16) == port:
                return True
    return False


def await_listener(system: System, child: Child, port: int, seconds: float) -> None:
    """Wait until *child* listens on *port*. RuntimeError with its words if it ends or is late."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if listens(system, port):
            return
        if child.status is not None:
            break
        system.sleep(0.05)
    output = child.wait(0.1)
    words = output.stdout.strip().splitlines()[-1:] or [output.stderr or "no word"]
    raise RuntimeError(f"{child.argv[0]} does not listen on port {port}: {words[0]}")

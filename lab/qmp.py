"""QEMU's machine protocol: one JSON object on each line of a Unix socket."""

import json
import socket
import time
from pathlib import Path
from typing import Any, Self

from lab.errors import LabError


class Qmp:
    """A connection to one running QEMU; use it in a with statement."""

    def __init__(self, path: Path, timeout: float = 60) -> None:
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(str(path))
            self.stream = self.socket.makefile("rwb")
            self.read()  # the greeting
            self.execute("qmp_capabilities")
        except OSError as error:
            self.socket.close()
            raise LabError(f"QEMU does not answer on {path}: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def read(self) -> dict[str, Any]:
        line = self.stream.readline()
        if not line:
            raise LabError(f"QEMU closed {self.path}")
        return json.loads(line)

    def execute(self, command: str, **arguments: Any) -> Any:
        """Run one command and return its result; events in between are skipped."""
        message: dict[str, Any] = {"execute": command}
        if arguments:
            message["arguments"] = arguments
        try:
            self.stream.write(json.dumps(message).encode() + b"\n")
            self.stream.flush()
            while True:
                answer = self.read()
                if "return" in answer:
                    return answer["return"]
                if "error" in answer:
                    raise LabError(f"QEMU: {command}: {answer['error']['desc']}")
        except OSError as error:
            raise LabError(f"QEMU: {command}: {error}") from error

    def status(self) -> str:
        """running, paused, inmigrate, postmigrate…"""
        return self.execute("query-status")["status"]

    def wait_for(self, *wanted: str, timeout: float) -> None:
        """Wait until the machine has one of these states."""
        end = time.monotonic() + timeout
        while (state := self.status()) not in wanted:
            if time.monotonic() > end:
                raise LabError(f"QEMU stays {state} instead of {wanted[0]} after {timeout:.0f} s")
            time.sleep(0.02)

    def save(self, file: Path, timeout: float = 600) -> None:
        """Stop the machine and write its memory and devices to a file."""
        self.execute("stop")
        self.execute("migrate", uri=f"file:{file}")
        end = time.monotonic() + timeout
        while (state := self.execute("query-migrate"))["status"] != "completed":
            if state["status"] in ("failed", "cancelled"):
                raise LabError(f"QEMU cannot save the state: {state.get('error-desc', state)}")
            if time.monotonic() > end:
                raise LabError(f"QEMU: saving the state: no end after {timeout:.0f} s")
            time.sleep(0.1)

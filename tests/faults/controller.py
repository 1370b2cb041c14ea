"""A controller that tests can kill: one playbook run as a process group of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
LOGS = CHECKOUT / ".logs" / "faults"
# generous: a loaded machine without KVM is ten times slower
PATIENCE = 1800


class Run:
    """One `ansible-playbook`, its log, and the SSH connections that are its own."""

    def __init__(self, name: str, arguments: list[str], instance: str) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log = LOGS / f"{name}.log"
        self.sockets = tempfile.mkdtemp(prefix="slipway-")
        environment = os.environ | {
            "SLIPWAY_LAB": instance,
            "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            # a cut connection ends in half a minute, not in several
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=300s "
            "-o ServerAliveInterval=10 -o ServerAliveCountMax=6",
        }
        own = ["-e", f"ansible_control_path_dir={self.sockets}"]
        command = [str(CHECKOUT / ".venv/bin/ansible-playbook"), *arguments, *own]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.began = time.monotonic()

    @property
    def text(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def task(self) -> str:
        """The task that is running, as the log has it."""
        tasks = re.findall(r"^(?:TASK|RUNNING HANDLER) \[(.*?)\]", self.text, re.MULTILINE)
        return tasks[-1] if tasks else "before the first task"

    def recap(self, host: str) -> dict[str, int]:
        """The host's counts: ok, changed, unreachable, failed, …"""
        lines = re.findall(rf"^{re.escape(host)}\s+:(.*)$", self.text, re.MULTILINE)
        assert lines, f"no recap of {host} in {self.log}"
        return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", lines[-1])}

    def wait(self, timeout: float = PATIENCE) -> int:
        """Exit status; the seconds it took are in ``seconds``."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"no end after {timeout:.0f} s, see {self.log}") from None
        self.seconds = time.monotonic() - self.began
        self.disconnect()
        return status

    def kill(self) -> None:
        """The controller dies with all its connections, at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.disconnect()

    def disconnect(self) -> None:
        """Persistent SSH connections are daemons: they carry the run's folder in their title."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and self.sockets in _command_line(entry):
                try:
                    os.kill(int(entry.name), signal.SIGKILL)
                except ProcessLookupError:
                    continue
        shutil.rmtree(self.sockets, ignore_errors=True)


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def playbook(
    name: str,
    host: str,
    instance: str,
    log: str,
    model: dict[str, Any] | None = None,
) -> Run:
    """Start playbooks/NAME.yml on one lab host; *model* replaces sections of the site model."""
    arguments = ["-i", "inventories/lab", f"playbooks/{name}.yml", "--limit", host]
    if model:
        arguments += ["-e", json.dumps(model)]
    return Run(log, arguments, instance)

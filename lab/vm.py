"""One machine of one instance: start, restore, stop, power."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from lab import network, process, qemu, ssh
from lab.command import attempt, capture, tail
from lab.errors import LabError
from lab.machine import Machine
from lab.paths import Paths
from lab.progress import say
from lab.qmp import Qmp

#: Written into the serial log at each start, for what is read of it.
POWER_ON = "-- power on --"
#: An emulated timer that a busy machine let wait too long, before the kernel has touched a disk.
UNLUCKY = "timer doesn't work through"
BOOT_TIMEOUT = 1800  # 30 s on an idle machine without KVM; 10 min were seen on a loaded one


class Vm:
    """A machine and its QEMU process, found through its pid file."""

    def __init__(self, paths: Paths, machine: Machine) -> None:
        self.paths = paths
        self.machine = machine
        self.name = machine.name
        self.files = qemu.Files(paths.machine(machine.name), paths.sockets)

    @property
    def pid(self) -> int | None:
        return process.alive(self.files.pid, str(self.files.pid))

    def qmp(self) -> Qmp:
        if not self.pid:
            raise LabError(
                f"{self.name} does not run; start it with: scripts/lab start {self.name}"
            )
        return Qmp(self.files.qmp(self.name))

    def new_disk(self, backing: Path) -> None:
        """A disk which holds only what the machine writes from now on."""
        self.files.home.mkdir(parents=True, exist_ok=True)
        self.files.disk.unlink(missing_ok=True)
        create = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2"]
        capture([*create, "-b", backing, self.files.disk])

    def has_disk(self) -> bool:
        """Whether there is a disk from an earlier run; LabError if its base is gone."""
        if not self.files.disk.exists():
            return False
        check = ["qemu-img", "info", "-U", "--backing-chain", self.files.disk]
        if attempt(check).returncode:
            raise LabError(
                f"{self.name}: what its disk builds on is no longer in the cache; "
                f"begin anew with: scripts/lab fresh {self.name}"
            )
        return True

    def launch(self, *extra: str) -> None:
        """Start QEMU on the machine's disk."""
        self.files.pid.unlink(missing_ok=True)
        self._mark()
        argv = qemu.command(self.machine, self.files, kvm=qemu.has_kvm())
        capture(network.inside(self.paths, [*argv, *extra]), timeout=120)

    def wait_for_ssh(self, command: Callable[[], list[str]], timeout: float = BOOT_TIMEOUT) -> None:
        """Wait until a command succeeds on the machine; it is made anew for each attempt."""
        end = time.monotonic() + timeout
        while not ssh.answers(self.paths, self.machine, command()):
            if not self.pid:
                raise LabError(f"{self.name}: QEMU ended\n{tail(self.files.serial_log)}")
            self._end_of_a_panic()
            if time.monotonic() > end:
                raise LabError(
                    f"{self.name} does not answer over SSH after {timeout:.0f} s\n"
                    + tail(self.files.serial_log)
                )
            time.sleep(0.5)

    def _mark(self) -> None:
        with self.files.serial_log.open("a") as log:
            log.write(f"\n{POWER_ON}\n")

    def _end_of_a_panic(self) -> None:
        """A kernel that panicked never answers: begin anew if that may help, else LabError."""
        log = self.files.serial_log
        said = log.read_text(errors="replace").rpartition(POWER_ON)[2] if log.exists() else ""
        if "end Kernel panic" not in said:
            return
        if UNLUCKY not in said:
            raise LabError(f"{self.name}: its kernel panicked\n{tail(log)}")
        say(f"{self.name}: its timer was late, as on a busy machine; resetting it")
        self.reset()

    def run(self, argv: list[str], timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """Run a command on the machine over SSH."""
        command = ssh.command(self.paths, self.machine, argv, "-o", "BatchMode=yes")
        return attempt(command, timeout=timeout)

    def kill(self) -> None:
        """Pull the power plug: the disk stays as it is at this moment."""
        if pid := self.pid:
            process.end(pid, str(self.files.pid), hard=True)
        self.files.pid.unlink(missing_ok=True)
        ssh.disconnect(self.paths, self.machine)

    def reset(self) -> None:
        """Press the reset button."""
        self._mark()
        with self.qmp() as qmp:
            qmp.execute("system_reset")
        ssh.disconnect(self.paths, self.machine)

    def set_link(self, port: str, *, up: bool) -> None:
        """Plug or pull the cable of a port: management, p0 or p1."""
        ports = ["management", *(f"p{number}" for number in range(self.machine.kind.nic_ports))]
        if port not in ports:
            raise LabError(f"{self.name} has no port {port!r}: use one of {', '.join(ports)}")
        with self.qmp() as qmp:
            qmp.execute("set_link", name=port, up=up)

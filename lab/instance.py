"""A lab instance: its namespace, switch and machines as one thing.

    from lab.instance import Lab
    lab = Lab()
    lab.start(["host-1", "host-2"], fresh=True)
    print(lab.run("host-1", "ip -br link").stdout)
"""

import shlex
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from lab import hostpackages, network, process, ssh, states
from lab.errors import LabError
from lab.image import build
from lab.locks import lock
from lab.machine import DEFAULT_SET, KINDS, Machine
from lab.paths import Paths
from lab.progress import say
from lab.switch import Switch
from lab.vm import Vm

ALL = [Machine(kind, number) for kind in KINDS.values() for number in range(1, 10)]


class Lab:
    """One instance of the lab, by name or by SLIPWAY_LAB."""

    def __init__(self, instance: str | None = None) -> None:
        self.paths = Paths.of(instance)
        self.switch = Switch(self.paths)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Commands which change the instance take turns."""
        with lock(self.paths.home / "lock", f"lab instance {self.paths.instance} is in use"):
            yield

    def vm(self, name: str) -> Vm:
        return Vm(self.paths, Machine.named(name))

    def known(self) -> list[str]:
        """Machines with files in this instance, running or not."""
        names = [each.name for each in ALL]
        return [name for name in names if self.paths.machine(name).is_dir()]

    def running(self) -> list[str]:
        return [name for name in self.known() if self.vm(name).pid]

    def start(self, names: Iterable[str] = DEFAULT_SET, *, fresh: bool = False) -> None:
        """Start machines; with fresh, also running ones go back to their bare state."""
        machines = [self.vm(name) for name in names]
        hostpackages.ensure()
        image = build.ensure()
        with self.locked():
            self.prepare()
            with ThreadPoolExecutor(2) as pool:  # first boots: one for each core
                for _ in pool.map(lambda vm: self.start_one(vm, image, fresh), machines):
                    pass

    def prepare(self) -> None:
        """Namespace, switch and SSH files."""
        self.paths.make()
        network.up(self.paths)
        self.switch.up()
        ssh.write(self.paths, ALL)
        for name in self.running():  # after a crash of the switch
            self.switch.attach(self.vm(name).machine)

    def start_one(self, vm: Vm, image: Path, fresh: bool) -> None:
        began = time.monotonic()
        if vm.pid and not fresh:
            say(f"{vm.name}: runs already")
            return
        vm.kill()
        network.add_taps(self.paths, vm.machine)
        self.switch.attach(vm.machine)
        if fresh or not vm.files.disk.exists():
            states.start_fresh(vm, image)
        else:
            vm.launch()
        vm.wait_for_ssh(["date", "-u", "-s", f"@{time.time():.0f}"])
        say(f"{vm.name}: ready after {time.monotonic() - began:.1f} s")

    def run(self, name: str, command: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """Run a shell command on a machine as root; the caller looks at the return code."""
        return self.vm(name).run([command], timeout)

    def check(self, name: str, command: str, timeout: float = 600) -> str:
        """Run a shell command on a machine; its output, or LabError if it fails."""
        done = self.run(name, command, timeout)
        if done.returncode:
            words = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
            raise LabError(f"{name}: {shlex.quote(command)}: exit {done.returncode}: {words[-1]}")
        return done.stdout

    def down(self) -> None:
        """End everything of the instance that runs; disks stay."""
        with self.locked():
            for name in self.known():
                self.vm(name).kill()
            self.switch.down()
            network.down(self.paths)
            shutil.rmtree(self.paths.sockets, ignore_errors=True)

    def clean(self) -> None:
        """End everything and delete the instance's files."""
        self.down()
        shutil.rmtree(self.paths.home, ignore_errors=True)

    def status(self) -> list[dict[str, object]]:
        """What is known of each machine, for people and programs."""
        rows: list[dict[str, object]] = []
        for name in self.known():
            vm = self.vm(name)
            pid = vm.pid
            rows.append(
                {
                    "name": name,
                    "address": vm.machine.address,
                    "running": bool(pid),
                    "pid": pid,
                    "memory_mib": process.resident_mib(pid) if pid else None,
                    "uptime_s": round(process.uptime(pid)) if pid else None,
                    "ssh": ssh.answers(self.paths, vm.machine, ["true"]) if pid else False,
                }
            )
        return rows

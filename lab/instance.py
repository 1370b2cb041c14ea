"""A lab instance: its namespace, switch and machines as one thing.

from lab.instance import Lab
lab = Lab()
lab.start(["host-1", "host-2"], fresh=True)
print(lab.check("host-1", "ip -br link"))
"""

import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from lab import hostpackages, network, process, ssh, states
from lab.cloud.cloud import Cloud
from lab.depot import listing, server
from lab.errors import LabError
from lab.image import build
from lab.locks import lock
from lab.machine import DEFAULT_SET, KINDS, Machine
from lab.node import container, sysctls
from lab.node import image as node_image
from lab.node.container import Container
from lab.node.node import ALL as NODES
from lab.node.node import Node, is_node
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
        lock_file = self.paths.home.with_name(f"{self.paths.instance}.lock")
        with lock(lock_file, f"lab instance {self.paths.instance} is in use"):
            yield

    def vm(self, name: str) -> Vm:
        return Vm(self.paths, Machine.named(name))

    def node(self, name: str) -> Container:
        return Container(self.paths, Node.named(name))

    def nodes(self) -> list[str]:
        """Node containers of this instance, running or not."""
        return container.known(self.paths)

    def running_nodes(self) -> list[str]:
        return [name for name in self.nodes() if self.node(name).pid]

    def known(self) -> list[str]:
        """Machines with files in this instance, running or not."""
        return [each.name for each in ALL if self.paths.machine(each.name).is_dir()]

    def running(self) -> list[str]:
        return [name for name in self.known() if self.vm(name).pid]

    def start(self, names: Iterable[str] = DEFAULT_SET, *, fresh: bool = False) -> None:
        """Start machines and nodes; with fresh, also running ones go back to their bare state."""
        names = list(names)
        self.start_nodes([name for name in names if is_node(name)], fresh=fresh)
        vms = [self.vm(name) for name in names if not is_node(name)]
        if not vms:
            return
        images = {
            kind: self.image(kind) for kind in dict.fromkeys(v.machine.kind.image for v in vms)
        }
        with self.locked():
            self.prepare()
            self.each(vms, lambda vm: self.start_one(vm, images[vm.machine.kind.image], fresh))

    def start_nodes(self, names: list[str], *, fresh: bool = False) -> None:
        """Start node containers, and the depot from which they fetch."""
        containers = [self.node(name) for name in names]
        if not containers:
            return
        hostpackages.ensure(hostpackages.ALL)
        node_image.ensure()
        found = listing.make(server.BASE)
        with self.locked():
            self.prepare()
            server.up(self.paths)
            sysctls.save()
            for name, part in (("engine", found.pop("federation")), ("artifacts", found)):
                path = self.paths.home / f"{name}.json"
                path.write_text(json.dumps(part, indent=1) + "\n")
            for each in containers:
                began = time.monotonic()
                if fresh:
                    each.remove()
                each.start(self.switch)
                say(f"{each.name}: ready after {time.monotonic() - began:.1f} s")

    def save(self, state: str) -> None:
        """Save all running machines under a name; they run on."""
        vms = [self.vm(name) for name in self.running()]
        if not vms:
            raise LabError("no machine runs; start some with: scripts/lab start")
        with self.locked():
            for vm in vms:
                saved = self.state_directory(state) / vm.name
                saved.parent.mkdir(parents=True, exist_ok=True)
                states.save(vm, saved)
                states.restore(vm, saved)
            self.each(vms, self.set_clock)

    def restore(self, state: str, names: Iterable[str] = ()) -> None:
        """Put machines (all of the state unless named) back to what save() saved."""
        directory = self.state_directory(state)
        names = list(names) or sorted(path.name for path in directory.glob("[!.]*"))
        vms = [self.vm(name) for name in names]
        for vm in vms:
            if not (directory / vm.name).is_dir():
                raise LabError(f"{vm.name} has no saved state {state!r}: scripts/lab save {state}")
        if not vms:
            raise LabError(f"no saved state {state!r}; save one with: scripts/lab save {state}")
        for kind in {vm.machine.kind.image for vm in vms}:
            self.image(kind)
        with self.locked():
            self.prepare()
            self.each(vms, lambda vm: self.restore_one(vm, directory / vm.name))

    def image(self, variant: str = "host") -> Path:
        hostpackages.ensure()
        return build.ensure(variant)

    def prepare(self) -> None:
        """Namespace, switch and SSH files; all found again after a crash or a reboot."""
        self.paths.make()
        if not network.exists(self.paths):
            for name in self.running():  # their taps went with the namespace
                self.vm(name).kill()
            self.switch.down()
            network.up(self.paths)
        ssh.write(self.paths, [*ALL, *NODES])
        if self.switch.up():
            for name in self.running():
                self.switch.attach(self.vm(name).machine)

    def each(self, vms: list[Vm], work: Callable[[Vm], None]) -> None:
        with ThreadPoolExecutor(2) as pool:  # more boots at once only take longer each
            for _ in pool.map(work, vms):
                pass

    def start_one(self, vm: Vm, image: Path, fresh: bool) -> None:
        began = time.monotonic()
        if not vm.pid or fresh:
            continued = not fresh and vm.has_disk()
            self.wire(vm)
            if continued:
                vm.launch()
            else:
                states.start_fresh(vm, image)
        self.set_clock(vm)
        say(f"{vm.name}: ready after {time.monotonic() - began:.1f} s")

    def restore_one(self, vm: Vm, saved: Path) -> None:
        self.wire(vm)
        states.restore(vm, saved)
        self.set_clock(vm)
        say(f"{vm.name}: restored")

    def wire(self, vm: Vm) -> None:
        """End what still runs of the machine, and give it cables in good order."""
        vm.kill()
        network.add_taps(self.paths, vm.machine)
        self.switch.attach(vm.machine)

    def set_clock(self, vm: Vm) -> None:
        """Wait for SSH; a restored machine has the time of its saving."""
        vm.wait_for_ssh(lambda: ["date", "-u", "-s", f"@{time.time():.0f}"])

    def state_directory(self, state: str) -> Path:
        if not state.replace("-", "").isalnum():
            raise LabError(f"state name {state!r}: use letters, digits and hyphens")
        return self.paths.home / "states" / state

    def power(self, name: str, action: str, *, wait: bool = True) -> None:
        """Hard power, for fault tests: off, on, cycle or reset."""
        if is_node(name):
            self.power_node(name, action)
            return
        vm = self.vm(name)
        with self.locked():
            if action == "reset":
                vm.reset()
            if action in ("off", "cycle"):
                vm.kill()
            if action in ("on", "cycle") and not vm.pid:
                if not vm.has_disk():
                    raise LabError(f"{name} was never started: scripts/lab start {name}")
                self.prepare()
                network.add_taps(self.paths, vm.machine)
                vm.launch()
        # not with the lock: another machine's plug can be pulled meanwhile
        if wait and action != "off":
            vm.wait_for_ssh(lambda: ["true"])

    def power_node(self, name: str, action: str) -> None:
        """The same for a node container: off kills all of its processes at once."""
        if action != "on":
            self.node(name).kill()
        if action != "off":
            self.start_nodes([name])

    def run(
        self, name: str, command: str, timeout: float = 600
    ) -> subprocess.CompletedProcess[str]:
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
            Cloud(self.paths).down()
            vms = [self.vm(name) for name in self.running()]
            self.each(vms, lambda vm: ssh.answers(self.paths, vm.machine, ["sync"]))
            for name in self.known():
                self.vm(name).kill()
            for name in self.running_nodes():
                self.node(name).stop()
            if shutil.which("podman"):
                sysctls.restore()
            server.down(self.paths)
            self.switch.down()
            network.down(self.paths)
            shutil.rmtree(self.paths.sockets, ignore_errors=True)

    def clean(self) -> None:
        """End everything and delete the instance's files."""
        self.down()
        for name in self.nodes():
            self.node(name).remove()
        shutil.rmtree(self.paths.home, ignore_errors=True)

    def status(self) -> list[dict[str, object]]:
        """What is known of each machine, for people and programs."""
        with ThreadPoolExecutor() as pool:
            found = list(pool.map(self.status_of, self.known()))
        return found + [self.status_of_node(name) for name in self.nodes()]

    def status_of_node(self, name: str) -> dict[str, object]:
        """The same of a node container."""
        node = self.node(name)
        pid = node.pid
        return {
            "name": name,
            "address": node.node.address,
            "running": bool(pid),
            "pid": pid,
            "memory_mib": None,
            "uptime_s": round(process.uptime(pid)) if pid else None,
            "ssh": ssh.answers(self.paths, node.node, ["true"]) if pid else False,
        }

    def status_of(self, name: str) -> dict[str, object]:
        vm = self.vm(name)
        pid = vm.pid
        return {
            "name": name,
            "address": vm.machine.address,
            "running": bool(pid),
            "pid": pid,
            "memory_mib": process.resident_mib(pid) if pid else None,
            "uptime_s": round(process.uptime(pid)) if pid else None,
            "ssh": ssh.answers(self.paths, vm.machine, ["true"]) if pid else False,
        }

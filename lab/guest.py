"""An image of the cloud, booted as a server: with a config drive, and nothing of the lab inside."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab import keys, network, process, qemu
from lab.command import attempt, capture, tail
from lab.errors import LabError
from lab.instance import Lab
from lab.machine import Machine
from lab.paths import Paths

USER = "debian"
BOOT_TIMEOUT = 1800


def config_drive(
    path: Path, name: str, user_data: str, network_data: dict[str, Any], keys: Sequence[str] = ()
) -> Path:
    """The image of a disk as Nova and Ironic make it (label config-2)."""
    latest = path.with_suffix("") / "openstack" / "latest"
    latest.mkdir(parents=True, exist_ok=True)
    public = {f"key-{number}": key for number, key in enumerate(keys)}
    meta = {"uuid": name, "name": name, "hostname": name, "public_keys": public}
    for file, text in (
        ("meta_data.json", json.dumps(meta)), ("network_data.json", json.dumps(network_data)),
        ("user_data", user_data),
    ):  # fmt: skip
        (latest / file).write_text(text)
    command = ["genisoimage", "-quiet", "-ldots", "-allow-lowercase", "-allow-multidot", "-l"]
    command += ["-J", "-r", "-V", "config-2", "-o", path, path.with_suffix("")]
    capture(command)
    return path


class Guest:
    """One server; its files are in the instance's folder."""

    def __init__(self, paths: Paths, name: str) -> None:
        self.home = paths.machine(name)
        self.name = name
        self.serial, self.pid_file = self.home / "serial.log", self.home / "qemu.pid"
        self.way: list[str] = []  # ssh's options

    def new(self, image: Path) -> None:
        """A disk of 6 GiB, larger than the image: the root file system has to grow."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        create = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image.resolve()]
        capture([*create, self.home / "disk.qcow2", "6G"])

    @property
    def pid(self) -> int | None:
        return process.alive(self.pid_file, str(self.pid_file))

    def start_vm(self, macs: Sequence[str], drive: Path) -> None:
        """A VM, a network of its own for each NIC, with DHCP, that leads nowhere.

        The first NIC is virtio, as Neutron's ports are; the others are hardware, as a VF is.
        """
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none"]
        command += ["-machine", "q35", "-m", "1024M", "-rtc", "base=utc", "-device"]
        command += ["virtio-rng-pci", "-device", "virtio-blk-pci,drive=disk"]
        command += ["-accel", "kvm"] if qemu.has_kvm() else ["-accel", "tcg,thread=multi"]
        command += ["-cpu", "host" if qemu.has_kvm() else "Nehalem", "-serial"]
        command += [f"file:{self.serial}"]
        for place, mac in enumerate(macs):
            forward = f",hostfwd=tcp:127.0.0.1:{port}-:22" if place == 0 else ""
            command += ["-netdev", f"user,id=n{place},restrict=on,net=10.7.{place}.0/24{forward}"]
            model = "e1000e" if place else "virtio-net-pci"
            command += ["-device", f"{model},netdev=n{place},mac={mac}"]
        capture([*command, *self._disks(drive)])
        self.way = ["-p", str(port), f"{USER}@127.0.0.1"]

    def start_bare_metal(self, lab: Lab, machine: Machine, drive: Path) -> None:
        """A whole server: the lab's management network and its LACP switch."""
        with lab.locked():
            lab.prepare()
            network.add_taps(lab.paths, machine)
            lab.switch.attach(machine)
        files = qemu.Files(self.home, lab.paths.sockets)
        command = qemu.hardware(machine, kvm=qemu.has_kvm(), identity=False)
        wiring = qemu.wiring(machine, files)
        capture(network.inside(lab.paths, [*command, *wiring, *self._drive(drive)]), timeout=120)
        relay = f"nsenter --net={lab.paths.netns_file} socat - TCP4:%h:%p,connect-timeout=30"
        self.way = ["-o", f"ProxyCommand={relay}", f"{USER}@{machine.address}"]

    def _disks(self, drive: Path) -> list[str]:
        disk = f"id=disk,if=none,file={self.home / 'disk.qcow2'},cache=unsafe"
        end = ["-pidfile", str(self.pid_file), "-daemonize"]
        return ["-drive", disk, *self._drive(drive), *end]

    def _drive(self, drive: Path) -> list[str]:
        return ["-drive", f"file={drive},media=cdrom,if=none,id=config",
                "-device", "ide-cd,drive=config,bus=ide.0"]  # fmt: skip

    def run(self, command: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """In the guest, over SSH, as the image's own user."""
        # the image makes its host keys at each first boot, and its networks lead nowhere
        argv = ["ssh", "-i", str(keys.private(keys.CLIENT)), "-o", "IdentitiesOnly=yes"]
        argv += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
        argv += ["-o", "GlobalKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
        argv += ["-o", "BatchMode=yes", "-o", "ConnectTimeout=60", "-o"]
        argv += ["KexAlgorithms=curve25519-sha256", *self.way, command]
        return attempt(argv, timeout=timeout)

    def check(self, command: str, timeout: float = 120) -> str:
        """What it prints; LabError if it fails."""
        done = self.run(command, timeout)
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise LabError(f"{self.name}: {command}: exit {done.returncode}: {said}")
        return done.stdout.strip()

    def wait(self, condition: str) -> None:
        """Until a command succeeds in the guest; a guest may boot more than once."""
        end = time.monotonic() + BOOT_TIMEOUT
        while self.run(condition, timeout=300).returncode:
            if not self.pid:
                raise LabError(f"{self.name}: QEMU ended\n{tail(self.serial)}")
            if time.monotonic() > end:
                raise LabError(f"{self.name}: not {condition!r}\n{tail(self.serial)}")
            time.sleep(3)

    def stop(self) -> None:
        if pid := self.pid:
            process.end(pid, str(self.pid_file), hard=True)
        self.pid_file.unlink(missing_ok=True)

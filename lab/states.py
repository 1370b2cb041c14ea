"""Saved states: a machine's memory and disk after its first boot, restored in seconds."""

import hashlib
import json
import os
import shutil
from pathlib import Path

from lab import hostpackages, qemu
from lab.locks import lock
from lab.machine import Machine
from lab.paths import cache_root
from lab.progress import say
from lab.vm import Vm

FORMAT = 1
BOOTED = ["systemctl", "is-system-running", "--wait"]


def key(machine: Machine, image: Path) -> str:
    """A state fits only the same image, virtual hardware and QEMU."""
    parts = [
        FORMAT,
        image.parent.name,
        hostpackages.qemu_version(),
        qemu.hardware(machine, kvm=qemu.has_kvm()),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def directory(machine: Machine, image: Path) -> Path:
    return cache_root() / "states" / machine.name / key(machine, image)


def start_fresh(vm: Vm, image: Path) -> None:
    """Start the machine as it was just after its first boot."""
    saved = directory(vm.machine, image)
    if not saved.exists():
        with lock(saved.parent.with_name(f"{vm.name}.lock"), f"first boot of {vm.name}"):
            if not saved.exists():
                first_boot(vm, image, saved)
    restore(vm, saved)


def first_boot(vm: Vm, image: Path, saved: Path) -> None:
    """Boot the image as this machine and save it."""
    say(f"{vm.name}: first boot")
    shutil.rmtree(vm.files.home, ignore_errors=True)
    vm.new_disk(image)
    vm.launch()
    vm.wait_for_ssh(lambda: BOOTED)
    say(f"{vm.name}: saving its state")
    save(vm, saved)


def save(vm: Vm, saved: Path) -> None:
    """Write memory and disk into the directory; the machine does not run afterwards."""
    half = saved.with_name(f".{saved.name}")
    shutil.rmtree(half, ignore_errors=True)  # from a run that was cut
    half.mkdir(parents=True)
    with vm.qmp() as qmp:
        qmp.save(half / "memory")
    vm.kill()
    shutil.move(vm.files.disk, half / "disk.qcow2")
    shutil.rmtree(saved, ignore_errors=True)
    half.rename(saved)


def restore(vm: Vm, saved: Path) -> None:
    """Continue from a saved state, on a new disk over the saved one."""
    vm.kill()
    os.utime(saved)  # the cache forgets what nobody uses
    vm.new_disk(saved / "disk.qcow2")
    vm.launch("-incoming", f"file:{saved / 'memory'}")
    with vm.qmp() as qmp:
        qmp.wait_for("paused", "running", timeout=300)
        qmp.execute("cont")

"""What the lab makes of a machine's serial log while it boots."""

import pytest

from lab import ssh
from lab.errors import LabError
from lab.machine import Machine
from lab.paths import Paths
from lab.vm import POWER_ON, UNLUCKY, Vm

PANIC = "---[ end Kernel panic - not syncing: {} ]---\n"


@pytest.fixture
def vm(tmp_path, monkeypatch):
    found = Vm(Paths(tmp_path, "default"), Machine.named("host-1"))
    found.files.home.mkdir(parents=True)
    monkeypatch.setattr(Vm, "pid", 1)
    answers = iter([False, True])
    monkeypatch.setattr(ssh, "answers", lambda *_: next(answers))
    found.resets = 0

    def reset():
        found.resets += 1

    monkeypatch.setattr(found, "reset", reset)
    return found


def test_a_timer_that_was_late_is_begun_anew(vm):
    vm.files.serial_log.write_text(PANIC.format(f"{UNLUCKY} Interrupt-remapped IO-APIC"))
    vm.wait_for_ssh(lambda: ["true"])
    assert vm.resets == 1


def test_another_panic_is_an_error_with_its_words(vm):
    vm.files.serial_log.write_text(PANIC.format("VFS: Unable to mount root fs"))
    with pytest.raises(LabError, match=r"(?s)kernel panicked\n.*Unable to mount root"):
        vm.wait_for_ssh(lambda: ["true"])


def test_a_panic_of_an_earlier_start_is_past(vm):
    vm.files.serial_log.write_text(f"{PANIC.format('old')}\n{POWER_ON}\nlogin:")
    vm.wait_for_ssh(lambda: ["true"])
    assert vm.resets == 0

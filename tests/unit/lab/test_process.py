import os
import subprocess
import sys
import time

import pytest

from lab import process


@pytest.fixture
def sleeper(tmp_path):
    """A process whose command line has the pid file's path, as QEMU's has."""
    pid_file = tmp_path / "qemu.pid"
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", str(pid_file)])
    pid_file.write_text(f"{child.pid}\n")
    # between fork and exec the child still has our own command line
    while str(pid_file) not in process.command_line(child.pid):
        time.sleep(0.01)
    yield child, pid_file
    child.kill()
    child.wait()


def test_our_process_is_found_and_ended(sleeper):
    child, pid_file = sleeper
    assert process.alive(pid_file, str(pid_file)) == child.pid
    assert process.resident_mib(child.pid) >= 0
    assert 0 <= process.uptime(child.pid) < 60
    process.end(child.pid, str(pid_file), hard=True)
    assert process.alive(pid_file, str(pid_file)) is None


def test_a_number_given_to_another_process_is_stale(tmp_path):
    pid_file = tmp_path / "qemu.pid"
    pid_file.write_text(str(os.getpid()))
    assert process.alive(pid_file, str(pid_file)) is None
    process.end(os.getpid(), str(pid_file), hard=True)  # we live on


@pytest.mark.parametrize("text", ["", "x", "999999999", "-1"])
def test_damaged_pid_files_are_stale(tmp_path, text):
    pid_file = tmp_path / "qemu.pid"
    pid_file.write_text(text)
    assert process.alive(pid_file, str(pid_file)) is None


def test_missing_pid_file(tmp_path):
    assert process.alive(tmp_path / "none", "none") is None

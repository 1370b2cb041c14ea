"""A model that cuts the management network off: the host takes it back by itself."""

from __future__ import annotations

import subprocess
import time

import pytest

from lab import network as lab_network

from . import models
from .conftest import Bench, tell
from .controller import Run

HOST = "host-1"
TIMEOUT = 20
# an emulated host takes time to restore, and a minute to boot
GRACE = 300


@pytest.fixture
def converged(bench: Bench) -> Bench:
    bench.converged(HOST)
    return bench


def network(bench: Bench) -> str:
    """The network's files and the addresses in use, as one text."""
    return bench.lab.check(
        HOST,
        "cd /etc/systemd/network && sha256sum $(ls); "
        "ip -4 -br address show scope global | awk '{print $1, $3}' | sort",
    )


def answers(bench: Bench) -> bool:
    """Whether the management address takes a connection now."""
    address = bench.lab.vm(HOST).machine.address
    connect = ["socat", "-u", "/dev/null", f"TCP4:{address}:22,connect-timeout=3"]
    return (
        subprocess.run(lab_network.inside(bench.lab.paths, connect), capture_output=True).returncode
        == 0
    )


def wait_for_cut(bench: Bench, run: Run) -> None:
    assert answers(bench), "the host does not answer before the cut either"
    while answers(bench):
        assert run.process.poll() is None, f"the run ended without a cut: {run.log}"
        time.sleep(0.5)


def wait_until_back(bench: Bench, before: str) -> float:
    """Seconds until the host answers and is as it was."""
    began = time.monotonic()
    now = "no answer"
    while time.monotonic() - began < GRACE:
        if answers(bench):
            now = network(bench)
            if now == before:
                return time.monotonic() - began
        time.sleep(1)
    raise AssertionError(f"after {GRACE} s the host is not what it was:\n{before}\nnow:\n{now}")


def test_rolled_back_with_the_controller_alive(converged: Bench) -> None:
    before = network(converged)
    run = converged.run("cut-alive", HOST, models.management_cut(TIMEOUT))
    wait_for_cut(converged, run)
    took = wait_until_back(converged, before)
    tell(f"controller alive: back {took:.0f} s after the cut; confirm_timeout {TIMEOUT} s")
    assert run.wait() != 0, f"a change that nobody could confirm was called a success: {run.log}"
    assert converged.broken(HOST) == []


def test_rolled_back_with_the_controller_killed(converged: Bench) -> None:
    before = network(converged)
    run = converged.run("cut-killed", HOST, models.management_cut(TIMEOUT))
    wait_for_cut(converged, run)
    run.kill()
    took = wait_until_back(converged, before)
    tell(f"controller killed: back {took:.0f} s after the cut; confirm_timeout {TIMEOUT} s")
    again = converged.finish("cut-killed-again", HOST)
    assert again.recap(HOST)["changed"] == 0
    assert converged.broken(HOST) == []


def test_rolled_back_by_a_reboot_in_between(converged: Bench) -> None:
    before = network(converged)
    # longer than the test: only the reboot can bring the host back
    run = converged.run("cut-reboot", HOST, models.management_cut(900))
    wait_for_cut(converged, run)
    run.kill()
    converged.lab.vm(HOST).reset()
    took = wait_until_back(converged, before)
    tell(f"reboot in between: back {took:.0f} s after the reset")
    # the gate opens at the end of the boot
    converged.lab.run(HOST, "systemctl is-system-running --wait")
    assert converged.lab.check(HOST, "systemctl --failed --plain --no-legend") == ""
    assert converged.broken(HOST) == []

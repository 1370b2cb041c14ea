"""Faults of the top-of-rack switch: no LACP, a wrong MTU. Each is named, and healed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import HOSTS, Bench

HOST = "host-1"


@pytest.fixture
def switch(bench: Bench) -> Iterator[Bench]:
    yield bench
    for host in bench.lab.running():
        bench.lab.switch.lacp(bench.lab.vm(host).machine, on=True)
        bench.lab.switch.mtu(bench.lab.vm(host).machine, 9000)


def test_a_switch_without_lacp_is_named_and_healed(switch: Bench) -> None:
    switch.fresh(HOST)
    machine = switch.lab.vm(HOST).machine
    switch.lab.switch.lacp(machine, on=False)
    run = switch.run("no-lacp", HOST)
    assert run.wait() != 0, f"a bond without a partner was called a success: {run.log}"
    assert "LACP" in run.text and "partner" in run.text, run.text[-1500:]
    switch.lab.switch.lacp(machine, on=True)
    switch.finish("no-lacp-healed", HOST)
    assert switch.broken(HOST) == []


def test_a_wrong_mtu_on_the_switch_is_found_by_verify(switch: Bench) -> None:
    switch.converged(*HOSTS)
    both = ",".join(HOSTS)
    machine = switch.lab.vm(HOST).machine
    switch.lab.switch.mtu(machine, 1500)
    run = switch.run("mtu-wrong", both, name="verify")
    assert run.wait() != 0, f"verify saw nothing: {run.log}"
    assert "MTU" in run.text, run.text[-1500:]
    switch.lab.switch.mtu(machine, 9000)
    switch.finish("mtu-healed", both, name="verify")

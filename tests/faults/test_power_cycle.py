"""The power goes in the middle of apply; the host comes back and running again finishes."""

from __future__ import annotations

import json
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

from . import models
from .conftest import HOSTS, Bench, tell
from .controller import Run

CYCLES = int(os.environ.get("CYCLES", "5"))
SEED = int(os.environ.get("SEED", "1"))
JOURNAL = "/var/lib/slipway/datapath-journal.jsonl"


def test_a_power_cycle_is_finished_by_running_again(bench: Bench) -> None:
    bench.converged(*HOSTS)
    share = [CYCLES // 2, CYCLES - CYCLES // 2]
    with ThreadPoolExecutor(2) as pool:
        lines = list(pool.map(lambda part: cut_on(bench, *part), zip(HOSTS, share, strict=True)))
    told = [line for part in lines for line in part]
    tell(f"{len(told)} of {CYCLES} power cycles were finished by running again")
    assert len(told) == CYCLES


def cut_on(bench: Bench, host: str, cycles: int) -> list[str]:
    points = random.Random(f"{SEED} {host}")
    variants = [models.nic(vfs=2, mtu=4000), models.nic()]
    told = []
    for number in range(cycles):
        model = variants[number % 2]
        victim = bench.run(f"power-{host}-{number}", host, model)
        wait_for_apply(bench, host, victim)
        time.sleep(points.uniform(0, 4))
        where, task = last_step(bench, host), victim.task
        bench.lab.power(host, "off")
        assert "at 'end'" not in where, f"{host}, power cycle {number} came after the end of apply"
        victim.kill()
        bench.lab.power(host, "on")
        again = bench.finish(f"power-{host}-{number}-again", host, model)
        assert bench.broken(host) == [], f"{host}, power cycle {number} in {task}"
        told.append(
            f"{host} power cycle {number + 1}: {where}, in task '{task}'; "
            f"then {again.seconds:.0f} s, changed={again.recap(host)['changed']}"
        )
        tell(told[-1])
    return told


def wait_for_apply(bench: Bench, host: str, run: Run) -> None:
    """Wait until the host has begun to apply."""
    count = f"cat {JOURNAL} 2>/dev/null | wc -l"
    before = bench.lab.check(host, count)
    while bench.lab.check(host, count) == before:
        assert run.process.poll() is None, f"the run ended before it applied anything: {run.log}"


def last_step(bench: Bench, host: str) -> str:
    """Where the host is in applying, after its journal."""
    last = json.loads(bench.lab.check(host, f"tail -n1 {JOURNAL}"))
    return f"at '{last['event']} {last['name']}'" if "name" in last else f"at '{last['event']}'"

"""The controller dies at random points of a run; running again finishes the work.

Each host goes to and fro between two models (another bond policy, other VFs, another
MTU), so that every run has all kinds of steps to do. The first run of each starts
on a bare host. KILLS and SEED in the environment change the number and the points.
"""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

from . import models
from .conftest import HOSTS, Bench

KILLS = int(os.environ.get("KILLS", "20"))
SEED = int(os.environ.get("SEED", "1"))


def test_a_killed_controller_is_finished_by_running_again(bench: Bench) -> None:
    bench.fresh(*HOSTS)
    share = [KILLS // 2, KILLS - KILLS // 2]
    with ThreadPoolExecutor(2) as pool:
        lines = list(pool.map(lambda part: kill_on(bench, *part), zip(HOSTS, share, strict=True)))
    told = [line for part in lines for line in part]
    print("\n".join(told))
    print(f"{len(told)} of {KILLS} kills were finished by running again")
    assert len(told) == KILLS


def kill_on(bench: Bench, host: str, kills: int) -> list[str]:
    """Kill *kills* runs on one host; a line for each that was finished."""
    points = random.Random(f"{SEED} {host}")
    variants = [
        models.nic(),
        models.nic(vfs=2, mtu=4000, bond={"transmit_hash_policy": "layer2+3"}),
    ]
    # how long a run with work to do takes; the bare host's is the longest
    length = 60.0
    told = []
    for number in range(kills):
        model = variants[number % 2]
        delay = points.uniform(2, length)
        victim = bench.run(f"kill-{host}-{number}", host, model)
        time.sleep(delay)
        ended = victim.process.poll() is not None
        where = "after its end" if ended else f"in task '{victim.task}'"
        victim.kill() if not ended else victim.disconnect()
        again = bench.finish(f"kill-{host}-{number}-again", host, model)
        assert bench.broken(host) == [], f"{host}, kill {number} after {delay:.1f} s {where}"
        told.append(
            f"{host} kill {number + 1}: after {delay:.1f} s {where}; "
            f"then {again.seconds:.0f} s, changed={again.recap(host)['changed']}"
        )
        length = max(20.0, min(length, again.seconds * 1.2))
    last = bench.finish(f"kill-{host}-last", host, variants[(kills - 1) % 2])
    assert last.recap(host)["changed"] == 0, f"a run after the last changed something: {last.log}"
    return told

"""The controller dies at random points of a run; running again finishes the work.

Each host goes to and fro between two models (another bond policy, other VFs, another
MTU), so that every run has all kinds of steps to do. The first run of each starts
on a bare host. Points are spread over the whole length of an uncut run: one at random in
each of equal parts. KILLS and SEED in the environment change their number and place.
"""

from __future__ import annotations

import itertools
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

from . import models
from .conftest import HOSTS, Bench, tell

KILLS = int(os.environ.get("KILLS", "20"))
SEED = int(os.environ.get("SEED", "1"))
#: A run that ended before its point is no kill: another one is, earlier.
TRIES = 3


def test_a_killed_controller_is_finished_by_running_again(bench: Bench) -> None:
    bench.converged(*HOSTS)  # tells how long a bare host takes
    bench.fresh(*HOSTS)
    share = [KILLS // 2, KILLS - KILLS // 2]
    with ThreadPoolExecutor(2) as pool:
        lines = list(pool.map(lambda part: kill_on(bench, *part), zip(HOSTS, share, strict=True)))
    told = [line for part in lines for line in part]
    tell(f"{len(told)} of {KILLS} kills were finished by running again")
    assert len(told) == KILLS


def kill_on(bench: Bench, host: str, kills: int) -> list[str]:
    """Kill *kills* runs on one host; a line for each that was finished."""
    points = random.Random(f"{SEED} {host}")
    parts = points.sample(range(kills), kills)
    models_in_turn = itertools.cycle(
        [models.nic(), models.nic(vfs=2, mtu=4000, bond={"transmit_hash_policy": "layer2+3"})]
    )
    length = bench.seconds  # of a bare host's run
    told = []
    for number, part in enumerate(parts):
        for _ in range(TRIES):
            model = next(models_in_turn)
            delay = length * (part + points.random()) / kills
            victim = bench.run(f"kill-{host}-{number}", host, model)
            time.sleep(delay)
            if victim.process.poll() is None:
                break
            victim.disconnect()
            length = 0.9 * delay
        else:
            raise AssertionError(f"{host}: {TRIES} runs ended before their point: {victim.log}")
        where = f"in task '{victim.task}'"
        victim.kill()
        again = bench.finish(f"kill-{host}-{number}-again", host, model)
        assert bench.broken(host) == [], f"{host}, kill {number} after {delay:.1f} s {where}"
        told.append(
            f"{host} kill {number + 1}: after {delay:.1f} of {length:.0f} s {where}; "
            f"then {again.seconds:.0f} s, changed={again.recap(host)['changed']}"
        )
        tell(told[-1])
        if number == 0:
            model = next(models_in_turn)
            length = bench.finish(f"kill-{host}-uncut", host, model).seconds
    last = bench.finish(f"kill-{host}-last", host, model)
    assert last.recap(host)["changed"] == 0, f"a run after the last changed something: {last.log}"
    return told

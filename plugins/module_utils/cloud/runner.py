"""Steps of one kind side by side, kind after kind."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..converge import ConvergeError, Runner, Step

#: Failed steps that an error names; a fault of all would bury what it says.
NAMED = 10


def side_by_side(parallel: int) -> Runner:
    """For ``converge``: neighbours whose names begin with the same kind are done together.

    A step that fails lets the others of its kind end; then the run stops and names what failed.
    """

    def runner(
        steps: Sequence[Step], one: Callable[[Step], dict[str, Any]]
    ) -> list[dict[str, Any]]:
        done: list[dict[str, Any]] = []
        for _, batch in itertools.groupby(steps, key=_batch):
            with ThreadPoolExecutor(parallel) as pool:
                futures = [pool.submit(one, step) for step in batch]
            failed: list[ConvergeError] = []
            for future in futures:
                try:
                    done.append(future.result())
                except ConvergeError as error:
                    failed.append(error)
            if failed:
                others = "".join(f"; {error}" for error in failed[1:NAMED])
                if len(failed) > NAMED:
                    others += f"; and {len(failed) - NAMED} more"
                raise ConvergeError(failed[0].step, failed[0].message + others)
        return done

    return runner


def _batch(step: Step) -> tuple[str, bool]:
    # what is removed goes when all that takes its place is there
    return step.name.partition(":")[0], step.name.endswith(":delete")

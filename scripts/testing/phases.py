"""What each phase runs."""

from dataclasses import dataclass

from testing import lint, molecule, passed, pytests
from testing.job import Job

NAMES = ("lint", "unit", "molecule", "faults")
# A run of everything has an hour; `scripts/test faults` takes 20 kills and 5 power cycles.
FEWER_POINTS = {"KILLS": "4", "CYCLES": "2"}


@dataclass
class Phase:
    name: str
    jobs: list[Job]
    at_once: int = 1


def select(
    name: str | None, rest: list[str], jobs: int, action: str | None, *, again: bool = False
) -> list[Phase]:
    """The named phase, or all of them: then without what passed with the same files."""
    if name:
        return [make(name, rest, jobs, action, {})]
    phases = [make(each, [], jobs, None, FEWER_POINTS) for each in NAMES]
    for phase in phases:
        if phase.name in ("molecule", "faults") and not again:
            phase.jobs = passed.left(phase.jobs)
    return phases


def make(
    name: str, rest: list[str], jobs: int, action: str | None, points: dict[str, str]
) -> Phase:
    build = {
        "lint": lambda: Phase("lint", lint.jobs(), 2),
        "unit": lambda: Phase("unit", pytests.unit(rest)),
        "molecule": lambda: Phase("molecule", molecule.jobs(rest, action), jobs),
        "faults": lambda: Phase("faults", pytests.faults(rest, points)),
    }
    return build[name]()

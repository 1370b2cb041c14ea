"""What each phase runs."""

from dataclasses import dataclass

from testing import lint, molecule, pytests
from testing.job import Job

NAMES = ("lint", "unit", "molecule", "faults")


@dataclass
class Phase:
    name: str
    jobs: list[Job]
    at_once: int = 1


def select(name: str | None, rest: list[str], jobs: int, action: str | None) -> list[Phase]:
    """The named phase, or all of them."""
    build = {
        "lint": lambda: Phase("lint", lint.jobs(), 2),
        "unit": lambda: Phase("unit", pytests.unit(rest)),
        "molecule": lambda: Phase("molecule", molecule.jobs(rest, action), jobs),
        "faults": lambda: Phase("faults", pytests.faults(rest)),
    }
    return [build[each]() for each in ([name] if name else NAMES)]

"""The phases that are pytest runs."""

from typing import Any

from common import CHECKOUT, LOGS, Stop
from testing.job import Job


def unit(rest: list[str]) -> list[Job]:
    return pytest("unit", ["tests/unit", "tests/property"], ["-n", "2"], rest)


def faults(rest: list[str], points: dict[str, str]) -> list[Job]:
    """*points*: variables that say how many faults there are; all of them without."""
    return pytest("faults", ["tests/faults"], ["-s"], rest, environment=points, told="fault:")


def pytest(
    name: str, places: list[str], options: list[str], rest: list[str], **more: Any
) -> list[Job]:
    """One job; a path among the arguments takes the place of the whole directory."""
    named = [argument.split("::")[0] for argument in rest if argument.startswith("tests/")]
    for path in named:
        if not (CHECKOUT / path).exists():
            raise Stop(f"{path} does not exist; tests are in {', '.join(places)}")
    present = [place for place in places if list((CHECKOUT / place).rglob("test_*.py"))]
    if not present:
        return []
    junit = LOGS / "test" / f"{name}.xml"
    command = ["pytest", "-ra", "--tb=short", "--durations=5", f"--junitxml={junit}"]
    return [
        Job(name, [*command, *options, *([] if named else present), *rest], junit=junit, **more)
    ]

"""The phases that are pytest runs."""

from pathlib import Path

from common import CHECKOUT, LOGS, Stop
from testing.job import Job


def unit(rest: list[str]) -> list[Job]:
    return pytest("unit", ["tests/unit", "tests/property"], ["-n", "2"], rest)


def faults(rest: list[str]) -> list[Job]:
    return pytest("faults", ["tests/faults"], [], rest)


def pytest(name: str, places: list[str], options: list[str], rest: list[str]) -> list[Job]:
    """One job; a path among the arguments takes the place of the whole directory."""
    for argument in rest:
        path = argument.split("::")[0]
        if not argument.startswith("-") and "/" in path and not (CHECKOUT / path).exists():
            raise Stop(f"{path} does not exist; tests are in {', '.join(places)}")
    present = [place for place in places if list((CHECKOUT / place).rglob("test_*.py"))]
    if not present:
        return []
    named = any((CHECKOUT / Path(argument.split("::")[0])).exists() for argument in rest)
    junit = LOGS / "test" / f"{name}.xml"
    command = ["pytest", "-ra", "--tb=short", "--durations=5", f"--junitxml={junit}"]
    return [Job(name, [*command, *options, *([] if named else present), *rest], junit=junit)]

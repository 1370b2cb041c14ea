"""Progress for people: what happens now, and how long each phase took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

STARTED = time.monotonic()
PHASES: list[tuple[str, float]] = []


def say(text: str) -> None:
    """One line with the seconds since the command began."""
    print(f"[{time.monotonic() - STARTED:6.1f} s] {text}", file=sys.stderr, flush=True)


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Announce a phase and remember what it took."""
    say(name)
    began = time.monotonic()
    try:
        yield
    finally:
        PHASES.append((name, time.monotonic() - began))


def summary() -> None:
    """The seconds of every phase and their sum."""
    for name, seconds in PHASES:
        print(f"  {seconds:7.1f} s  {name}", file=sys.stderr)
    print(f"  {time.monotonic() - STARTED:7.1f} s  in all", file=sys.stderr)

"""File locks: two commands on one instance, or two builds of one image, take turns."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.progress import say


@contextmanager
def lock(path: Path, why: str) -> Iterator[None]:
    """Hold an exclusive lock; say so when another process has it first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process: {why}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield

"""What the fronts in this directory share. Standard library, Python 3.9 and later:
it runs before there is a venv."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
LOGS = CHECKOUT / ".logs"


class Stop(Exception):
    """Something is wrong or missing; the message says what to do about it."""


def cache_root() -> Path:
    """Where downloads are kept, shared by all checkouts of one user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "slipway"


STARTED = time.monotonic()


def say(text: str) -> None:
    """One line of progress with the seconds since the command began."""
    print(f"[{time.monotonic() - STARTED:6.1f} s] {text}", file=sys.stderr, flush=True)


def front(main) -> None:
    """Run a front: a Stop, or a file that cannot be reached, is one line on stderr and exit 2."""
    try:
        sys.exit(main(sys.argv[1:]))
    except (Stop, PermissionError) as stop:
        sys.exit(_fail(f"{Path(sys.argv[0]).name}: {stop}", 2))
    except KeyboardInterrupt:
        sys.exit(_fail("interrupted", 130))


def _fail(text: str, status: int) -> int:
    print(text, file=sys.stderr, flush=True)
    return status


def in_venv() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def enter_venv() -> None:
    """Make the venv if it is not there or stale, and run this front again inside it."""
    bootstrap = subprocess.run([sys.executable, CHECKOUT / "scripts" / "bootstrap", "--quiet"])
    if bootstrap.returncode:
        sys.exit(bootstrap.returncode)
    if not in_venv():
        python = str(VENV / "bin" / "python")
        os.execv(python, [python, *sys.argv])


def venv_environment(**more: str) -> dict[str, str]:
    """The environment for tools of the venv, with the kit's ansible.cfg."""
    environment = dict(os.environ)
    environment["PATH"] = f"{VENV / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    environment["VIRTUAL_ENV"] = str(VENV)
    environment["ANSIBLE_CONFIG"] = str(CHECKOUT / "ansible.cfg")
    environment.update(more)
    return environment

"""The services' virtual environment: in the cache, from a lock file with hashes."""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

from lab.command import attempt, capture, logged
from lab.errors import LabError
from lab.locks import lock
from lab.paths import CHECKOUT, cache_root
from lab.progress import say

DIRECT = Path(__file__).with_name("requirements.in")
LOCK = Path(__file__).with_name("requirements.lock")
#: Debian 12's; elsewhere uv finds or brings one. Nova hangs under eventlet on 3.13.
PYTHON = "3.11"
DEBIAN = Path("/usr/bin/python3.11")
#: Where the upper constraints of a release cannot be had, a day stands for them.
RESOLVED_ON = "2026-10-05"


def path() -> Path:
    """Its place, keyed by the lock: a venv cannot be moved."""
    key = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    return cache_root() / "cloud" / key


def ensure() -> Path:
    """The venv, made if it is not there; its folder."""
    venv = path()
    if (venv / "complete").exists():
        os.utime(venv)  # the cache forgets what nobody uses
        return venv
    with lock(cache_root() / "cloud.lock", "the cloud's programs are being installed"):
        if not (venv / "complete").exists():
            make(venv)
    return venv


def make(venv: Path) -> None:
    say("installing OpenStack's services")
    uv, environment = tool()
    log = cache_root() / "cloud-venv.log"
    shutil.rmtree(venv, ignore_errors=True)  # from a run that was cut
    python = DEBIAN if DEBIAN.exists() else PYTHON
    create = [uv, "venv", "--quiet", "--python", python, venv]
    install = [uv, "pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes"]
    for command in (create, [*install, "--python", venv / "bin" / "python", LOCK]):
        logged(command, log, env=environment)
    (venv / "complete").touch()


def tool() -> tuple[str, dict[str, str]]:
    """uv, as the kit's own venv is made with, and its settings."""
    bootstrap = [sys.executable, CHECKOUT / "scripts" / "bootstrap", "--show-uv"]
    try:
        found = json.loads(capture(bootstrap).splitlines()[-1])
    except (ValueError, IndexError) as wrong:
        raise LabError("scripts/bootstrap --show-uv: no answer") from wrong
    return found["uv"], {**os.environ, **found["environment"]}


def resolve() -> None:
    """Write the lock from requirements.in."""
    uv, environment = tool()
    command = [uv, "pip", "compile", "--quiet", "--python-version", PYTHON, "--generate-hashes"]
    command += ["--no-annotate", "--no-header", "--exclude-newer", RESOLVED_ON]
    done = attempt([*command, "--output-file", LOCK, DIRECT], env=environment, timeout=900)
    if done.returncode:
        raise LabError(f"uv: {done.stderr.strip().splitlines()[-1]}")

"""What passed on this machine with the same files need not run again: hours of emulation.

A job's files are those of its layer and of the layers below it, and all that belongs to no
layer; a unit test keeps the imports to that. `scripts/test --again` runs everything.
"""

import hashlib
import json
import os
import time
from pathlib import Path

from common import CHECKOUT, say
from testing.job import Job

#: Layer → those that its tests use. A layer is what names begin with.
USES = {
    "host": {"host"},
    "cluster": {"host", "cluster"},
    "federation": {"host", "cluster", "federation"},
    "cloud": {"host", "cloud"},
}
#: Names that do not begin with their layer's.
NAMES = {
    "verify_hosts": "host", "faults": "host", "lab": "host",
    "pod_bench": "cluster", "verify_clusters": "cluster", "verify_pods": "cluster",
    "verify_federation": "federation", "verify_links": "federation", "rotate": "federation",
    "engine_double": "federation", "doctor": "federation",
    "verify_cloud": "cloud", "lab-cloud": "cloud", "nova_network_data": "cloud",
    "lab-alpha": "cluster", "lab-alpha-ha": "cluster", "lab-beta": "cluster",
    "lab-alpha-central": "federation", "lab-gamma": "federation",
}  # fmt: skip
#: Where a name says the layer: the next part of the path.
LAYERED = ("roles", "playbooks", "inventories", "plugins/modules", "plugins/module_utils", "tests",
           "docs/examples")  # fmt: skip
ROOTS = (
    "roles", "playbooks", "inventories", "group_vars", "plugins", "lab", "scripts", "tests",
    "molecule", "docs/examples", "ansible.cfg", "requirements.lock",
)  # fmt: skip
#: What the site model's rules, and so all layers, read of the federation.
ENGINE = tuple(
    f"plugins/module_utils/federation/engine/{name}.py"
    for name in ("__init__", "admiralty", "lost")
)
UNREAD = ("tests/unit", "tests/property", "tests/bench", "inventories/example")
DAYS = 14


def layer(name: str) -> str | None:
    """Of a role, playbook, module, package, inventory or scenario; None: of all."""
    known = NAMES.get(name)
    return known or next((each for each in USES if name.startswith(each)), None)


def layer_of(path: str) -> str | None:
    """Of a file, by its path in the checkout."""
    if path in ENGINE:
        return None
    for place in LAYERED:
        if path.startswith(f"{place}/"):
            name, below, _ = path.removeprefix(f"{place}/").partition("/")
            if place == "plugins/module_utils" and not below:
                return None  # what several packages share, such as host_module.py
            return layer(name.partition(".")[0])
    return None


def concerns(path: str, job: str) -> bool:
    """Whether what a file says may change how a job (``molecule-NAME``, ``faults``) ends."""
    name = job.removeprefix("molecule-")
    if path.startswith(UNREAD):
        return False
    if path.startswith("molecule/"):
        return path.startswith(("molecule/shared/", f"molecule/{name}/"))
    mine = layer(name)
    return mine is None or layer_of(path) in (None, *USES[mine])


def files() -> list[str]:
    found = []
    for root in ROOTS:
        place = CHECKOUT / root
        inside = place.rglob("*") if place.is_dir() else [place]
        found += [str(each.relative_to(CHECKOUT)) for each in inside if each.is_file()]
    return sorted(each for each in found if "__pycache__" not in each)


def key(job: str) -> str:
    """Of all that concerns a job."""
    total = hashlib.sha256()
    for path in files():
        if concerns(path, job):
            total.update(f"{path}\0".encode() + hashlib.sha256(_content(path)).digest())
    return total.hexdigest()[:16]


def _content(path: str) -> bytes:
    return (CHECKOUT / path).read_bytes()


def stamp(job: Job) -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "slipway" / "passed" / f"{job.name}-{key(job.name)}"


def left(jobs: list[Job]) -> list[Job]:
    """The jobs that did not pass with these files yet; a line for each of the others."""
    if os.environ.get("SLIPWAY_ADMIRALTY_DIR"):  # another engine than the stamp's
        return jobs
    due = []
    for job in jobs:
        job.stamp = stamp(job)
        try:
            passed = json.loads(job.stamp.read_text())["time"]
        except (OSError, ValueError, KeyError, TypeError):
            passed = 0.0
        if time.time() - passed > DAYS * 24 * 3600:
            due.append(job)
            continue
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(passed))
        say(f"NOT RUN: {job.name}: passed {when} with the same files; scripts/test --again runs it")
    return due


def remember(job: Job) -> None:
    """That it passed whole."""
    if job.stamp and job.passed and not job.failed:
        for old in job.stamp.parent.glob(f"{job.name}-*"):
            old.unlink(missing_ok=True)
        job.stamp.parent.mkdir(parents=True, exist_ok=True)
        job.stamp.write_text(json.dumps({"time": time.time()}))

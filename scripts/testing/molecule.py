"""Molecule scenarios, each on a lab instance of its own."""

import hashlib
from pathlib import Path

import yaml

from common import CHECKOUT, Stop, say
from testing.job import Job

SCENARIOS = CHECKOUT / "molecule"
BASE = SCENARIOS / "shared" / "base.yml"
# Molecule goes on, and ends well, when a side effect that is asked for is not there
MISSING = "side_effect: Executed: Missing playbook"
# Not proven to end well on a machine that has just been installed: run by name only.
BY_NAME = (
    "cloud", "cloud_faults", "cloud_image", "cluster_rdma", "federation_central",
    "federation_doctor", "federation_rotate",
)  # fmt: skip


def known() -> list[str]:
    """Every scenario of the repository."""
    return sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml"))


def jobs(names: list[str], action: str | None) -> list[Job]:
    for name in names:
        if name not in known():
            raise Stop(f"no scenario {name!r}; known: {', '.join(known()) or 'none yet'}")
    chosen = names or [name for name in known() if name not in BY_NAME]
    for name in () if names else BY_NAME:
        say(f"NOT RUN: molecule-{name}; run it by name: scripts/test molecule {name}")
    return [job(name, action or "test") for name in chosen]


def job(name: str, action: str) -> Job:
    # a scenario that failed is taken down as well: its log says what happened
    command = ["molecule", "--base-config", str(BASE), action, "--scenario-name", name]
    return Job(f"molecule-{name}", command, environment(name), forbidden=MISSING)


def environment(name: str) -> dict[str, str]:
    lab = f"mol-{name.replace('_', '-')}"
    tag = hashlib.sha256(f"{CHECKOUT}\0{lab}".encode()).hexdigest()[:8]
    return {
        "SLIPWAY_LAB": lab,
        "SLIPWAY_HOSTS": ",".join(hosts(SCENARIOS / name / "molecule.yml")),
        "MOLECULE_PROJECT_DIRECTORY": str(CHECKOUT),
        "COLUMNS": "120",  # of the log
        # labs use the same addresses: their connections must not meet
        "ANSIBLE_SSH_CONTROL_PATH_DIR": f"~/.ansible/cp/{tag}",
    }


def hosts(scenario: Path) -> list[str]:
    """The lab hosts that a scenario names as its platforms."""
    try:
        platforms = (yaml.safe_load(scenario.read_text()) or {}).get("platforms") or []
        names = [platform["name"] for platform in platforms]
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise Stop(f"{scenario.relative_to(CHECKOUT)} cannot be read: {error!r}") from None
    if not names:
        raise Stop(f"{scenario.relative_to(CHECKOUT)} names no lab host under platforms")
    return names

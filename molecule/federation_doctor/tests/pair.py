"""Two sites, their administrators' shells, and the doctor of each."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import testinfra

CHECKOUT = Path(__file__).resolve().parents[3]
INSTANCE = os.environ.get("SLIPWAY_LAB", "default")
HOME = CHECKOUT / ".lab" / INSTANCE
KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"
#: Seconds for a cluster to come to a state.
PATIENCE = 180


def until(holds: Callable[[], Any], what: str) -> Any:
    """What *holds* gives, once it gives something."""
    end = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < end, f"not within {PATIENCE} s: {what}"
        time.sleep(1)
    return found


class Site:
    """The control plane of one site, and its inventory."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.host = testinfra.get_host(
            f"ssh://{name}-control-1", ssh_config=str(HOME / "ssh_config")
        )
        self.folder = HOME / "federation" / name

    def sh(self, text: str) -> str:
        found: str = self.host.check_output(text)
        return found

    def kubectl(self, arguments: str, *things: Any) -> str:
        text = f"{KUBECTL} {arguments}"
        if things:
            whole = {"apiVersion": "v1", "kind": "List", "items": list(things)}
            text = f"echo {shlex.quote(json.dumps(whole))} | {text}"
        return self.sh(text)

    def get(self, what: str) -> Any:
        """An object as it could be applied again."""
        found = json.loads(self.kubectl(f"get {what} -o json"))
        for key in ("resourceVersion", "uid", "creationTimestamp", "generation"):
            found["metadata"].pop(key, None)
        found.pop("status", None)
        return found

    def apply(self, *things: Any) -> None:
        self.kubectl("apply --server-side --force-conflicts -f -", *things)

    def says(self, arguments: str, pattern: str) -> None:
        """Wait until kubectl's answer matches."""
        ask = lambda: re.search(pattern, self.host.run(f"{KUBECTL} {arguments}").stdout)  # noqa: E731
        until(ask, f"{self.name}: {arguments}: {pattern}")

    def playbook(self, name: str, *arguments: str) -> None:
        command = [
            "ansible-playbook", "-i", f"inventories/lab-{self.name}", f"playbooks/{name}.yml",
            *arguments,
        ]  # fmt: skip
        done = subprocess.run(command, cwd=CHECKOUT, env=environment(), capture_output=True)
        assert done.returncode == 0, done.stdout.decode()[-3000:]

    def doctor(self, *question: str) -> tuple[str, str, str]:
        """(step, side, all that is said); "" and "" where all holds."""
        command = ["scripts/doctor", "-i", f"inventories/lab-{self.name}", *question]
        done = subprocess.run(
            command, cwd=CHECKOUT, env=environment(), capture_output=True, text=True
        )
        step = re.search(r"^  broken at  (.*)$", done.stdout, re.M)
        side = re.search(r"^  side       (\w+)", done.stdout, re.M)
        assert done.returncode == (1 if step else 0), done.stdout + done.stderr
        return step[1] if step else "", side[1] if side else "", done.stdout


def environment() -> dict[str, str]:
    """Of a person at the controller: nothing of Molecule's."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "MOLECULE_"))}
    return {**kept, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), "SLIPWAY_LAB": INSTANCE}


class Pair:
    """The two sites. *names*: what a fault found out for its questions."""

    def __init__(self) -> None:
        self.alpha, self.beta = Site("alpha"), Site("beta")
        self.names: dict[str, str] = {}
        self.rows: list[tuple[str, str, str, float]] = []

    def site(self, name: str) -> Site:
        return self.alpha if name == "alpha" else self.beta


LINK = ("link", "alpha-to-beta")


class Fault:
    """Breaks one thing, heals it after the questions; see ``fault``.

    questions  (site, question, step, side); ``{…}`` in a question is of ``Pair.names``.
    """

    def __init__(self, name: str, questions: Any, work: Callable[[Pair], Any]) -> None:
        self.name, self.questions, self.work = name, questions, work


FAULTS: list[Fault] = []


def fault(name: str, *questions: tuple[str, tuple[str, str], str, str]) -> Callable[[Any], Any]:
    """A generator that breaks, yields, and heals; collected in ``FAULTS``, in their order."""

    def collect(work: Callable[[Pair], Any]) -> Callable[[Pair], Any]:
        FAULTS.append(Fault(name, questions, work))
        return work

    return collect


def source(step: str, side: str) -> tuple[str, tuple[str, str], str, str]:
    """Seen from the source: the link is broken at *step*."""
    return ("alpha", LINK, step, side)


def target(step: str, side: str) -> tuple[str, tuple[str, str], str, str]:
    return ("beta", LINK, step, side)

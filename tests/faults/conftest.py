"""Two lab hosts for the fault tests, in a lab instance of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lab.instance import Lab

from .controller import playbook

INSTANCE = "faults"
HOSTS = ("host-1", "host-2")
CONVERGED = "converged"


def tell(text: str) -> None:
    """A line for the log that scripts/test also shows on the terminal."""
    print(f"\nfault: {text}", end="", flush=True)


class Bench:
    """The lab and what the tests ask of its hosts."""

    def __init__(self) -> None:
        self.lab = Lab(INSTANCE)
        self.seconds = 0.0  # that a bare host's first run took

    def fresh(self, *hosts: str) -> None:
        """Bare Debian again."""
        self.lab.start(hosts, fresh=True)

    def converged(self, *hosts: str) -> None:
        """As playbooks/hosts.yml leaves a bare host; from a saved state after the first time."""
        if not self.seconds:
            self.fresh(*HOSTS)
            self.seconds = self.finish("first", ",".join(HOSTS)).seconds
            self.lab.save(CONVERGED)
        self.lab.restore(CONVERGED, hosts)

    def run(
        self, log: str, host: str, model: dict[str, Any] | None = None, name: str = "hosts"
    ) -> Any:
        """Start a playbook on one host."""
        return playbook(name, host, INSTANCE, log, model)

    def finish(
        self, log: str, host: str, model: dict[str, Any] | None = None, name: str = "hosts"
    ) -> Any:
        """Run a playbook to its end; it must succeed."""
        run = self.run(log, host, model, name)
        assert run.wait() == 0, f"{name}.yml failed on {host}: {run.log}\n{run.text[-1500:]}"
        return run

    def ask(self, host: str, question: str) -> Any:
        """What the host's own command says: status, plan or verify."""
        done = self.lab.run(host, f"slipway-datapath {question} --json")
        assert done.stdout.strip(), f"{host}: no answer: {done.stderr}"
        return json.loads(done.stdout)

    def broken(self, host: str) -> list[str]:
        """Names of the checks that do not hold on the host."""
        checks = self.ask(host, "verify")["checks"]
        assert checks, "no checks were made"
        return [check["name"] for check in checks if not check["ok"]]


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.lab.clean()

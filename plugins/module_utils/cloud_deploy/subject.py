"""The deployment as a subject of converge: a step for each command of Kayobe."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..converge import Check, Plan, Refusal, Step
from ..system import System
from .commands import MAJOR, STEPS, words
from .program import Program
from .record import Record


@dataclass(frozen=True)
class DeploySpec:
    """What is wanted.

    folder      $KAYOBE_CONFIG_PATH.
    release     of OpenStack, such as "2026.1".
    bond_owner  "kit": Kayobe leaves the hosts' networks alone; "kayobe".
    steps       names of steps, run in the order of STEPS.
    again       steps that are run although they were finished.
    limit       hosts; such a run is not remembered. "" for all.
    vault_password_file  "" for none.
    announced   the folder is only announced (check mode): it need not be there.
    """

    folder: str
    release: str
    bond_owner: str = "kit"
    steps: Sequence[str] = field(default_factory=tuple)
    again: Sequence[str] = field(default_factory=tuple)
    limit: str = ""
    vault_password_file: str = ""
    announced: bool = False


class CloudDeploy:
    """One site's Kayobe."""

    name = "cloud_deploy"

    def __init__(self, system: System, spec: DeploySpec, program: Program) -> None:
        for name in [*spec.steps, *spec.again]:
            if name not in STEPS:
                raise ValueError(f"no step {name!r}; known: {', '.join(STEPS)}")
        self.system, self.spec, self.program = system, spec, program
        self.record = Record(system, spec.folder)
        self.ran: set[str] = set()

    def observe(self) -> dict[str, Any]:
        there = self.system.exists(self.spec.folder)
        return {
            "there": there,
            "major": self.program.major(),
            "finished": self.record.finished() if there else {},
            "inputs": {name: self._digest(name) for name in self._chosen()} if there else {},
        }

    def _chosen(self) -> list[str]:
        return [name for name in STEPS if name in self.spec.steps]

    def _words(self, name: str) -> list[str]:
        own = self.spec
        return words(name, own.release, own.limit, own.bond_owner, own.vault_password_file)

    def _digest(self, name: str) -> str:
        return self.record.digest(name, self._words(name))

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        if not seen["there"] and not self.spec.announced:
            what = f"{self.spec.folder} is not there"
            plan.refusals.append(Refusal("folder", what, "Run role cloud_config first"))
        wanted = MAJOR.get(self.spec.release)
        if seen["major"] is None:
            what, remedy = f"{self.program.program} is not installed here", "Install Kayobe"
            plan.refusals.append(Refusal("kayobe", what, f"{remedy}, or set cloud_deploy_program"))
        elif wanted is None or seen["major"] != wanted:
            what = f"Kayobe {seen['major']} is not that of OpenStack {self.spec.release}"
            remedy = f"Install Kayobe {wanted}" if wanted else f"Use one of {', '.join(MAJOR)}"
            plan.refusals.append(Refusal("kayobe", what, remedy))
        if plan.refusals:
            return plan
        for name in self._chosen():
            if name in self.ran:
                continue  # in this run
            before = seen["finished"].get(name)
            again = name in self.spec.again or bool(self.spec.limit)
            if again or before is None or before != seen["inputs"].get(name):
                plan.steps.append(self._step(name, before))
        return plan

    def _step(self, name: str, before: str | None) -> Step:
        line = self._words(name)

        def do() -> None:
            with self.record.alone():
                if not self.spec.limit:
                    self.record.forget(name)
                digest = self._digest(name)
                self.program.tell(f"kayobe {' '.join(line)}")
                self.program.run(*line)
                self.ran.add(name)
                if not self.spec.limit:
                    self.record.note(name, digest)

        was = "never finished" if before is None else "finished with other inputs"
        return Step(
            f"kayobe:{name}", STEPS[name].why, do,
            before=was, after=f"kayobe {' '.join(line)}", disrupts="service:cloud",
        )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        open_ = [n for n in self._chosen() if seen["finished"].get(n) != seen["inputs"].get(n)]
        return [Check("deployed", not open_, [], open_, look=os.path.join(self.spec.folder))]

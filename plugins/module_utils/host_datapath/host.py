"""The datapath with what lets it come back at boot: the desired state on disk, and units."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..converge import Check, Plan, Step
from ..system import System
from . import boot
from .engine import Datapath
from .paths import SPEC
from .spec import Spec


class Host:
    """A converge subject: what ``Datapath`` does in phase "all", and its boot files."""

    name = "host_datapath"

    def __init__(self, system: System, spec: Spec, connection: str | None = None) -> None:
        self.system, self.spec = system, spec
        self.datapath = Datapath(system, spec, connection=connection)

    def observe(self) -> dict[str, Any]:
        """The datapath's facts, and "boot": files present and wanted, units not enabled."""
        return {**self.datapath.observe(), "boot": self._boot()}

    def plan(self, observed: dict[str, Any]) -> Plan:
        """The datapath's plan after the steps that keep it over a reboot.

        While firmware waits for a boot, that boot brings back what is there now.
        """
        plan = self.datapath.plan(observed)
        if plan.reboot_reasons or any(step.name.startswith("firmware:") for step in plan.steps):
            return plan
        plan.steps = [*self._steps(observed["boot"]), *plan.steps]
        return plan

    def verify(self, observed: dict[str, Any]) -> Sequence[Check]:
        """The datapath's checks."""
        return self.datapath.verify(observed)

    def _boot(self) -> dict[str, Any]:
        wanted = {SPEC: (desired_text(self.spec), 0o644), **boot.render(self.spec)}
        paths = {*wanted, *boot.owned(self.system)}
        return {
            "wanted": {path: text for path, (text, _) in wanted.items()},
            "present": {p: t for p in sorted(paths) if (t := self.system.read(p)) is not None},
            "disabled": boot.disabled_now(self.system),
        }

    def _steps(self, facts: dict[str, Any]) -> list[Step]:
        wanted, present = facts["wanted"], facts["present"]
        wrong = [p for p, text in wanted.items() if present.get(p) != text.rstrip()]
        wrong += [p for p in present if p not in wanted]
        units = sorted(p for p in wrong if p != SPEC)
        steps = []
        if SPEC in wrong:
            before, after = present.get(SPEC, ""), wanted[SPEC]
            steps.append(
                self._files_step(
                    "boot:desired", "the boot units read it", [SPEC], {SPEC: before}, {SPEC: after}
                )
            )
        if units or facts["disabled"]:
            why = "the datapath comes back at boot without a controller"
            before = {p: present.get(p, "") for p in units}
            after = {p: wanted.get(p, "") for p in units}
            step = self._files_step("boot:units", why, units, before, after)
            steps.append(step)
        return steps

    def _files_step(
        self, name: str, why: str, paths: list[str], before: dict[str, str], after: dict[str, str]
    ) -> Step:
        def do() -> None:
            for path in paths:
                if after[path]:
                    self.system.write_file(path, after[path])
                else:
                    self.system.remove(path)
            if name == "boot:units":
                boot.activate(self.system)

        def proof() -> str | None:
            facts = self._boot()
            wrong = [p for p in paths if facts["present"].get(p, "") != after[p].rstrip()]
            if wrong:
                return f"{wrong[0]} is not as written"
            late = facts["disabled"] if name == "boot:units" else []
            return f"{late[0]} is not enabled" if late else None

        return Step(name=name, why=why, do=do, proof=proof, before=before, after=after)


def desired_text(spec: Spec) -> str:
    """The desired state as it lies on the host."""
    return json.dumps(spec.to_dict(), indent=1, sort_keys=True) + "\n"

"""What every part of the kernel's state shares: files, record, the shape of a part."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from ..converge import EMULATION, HARDWARE, Check, Plan, Step
from ..system import System

HEADER = "# Written by Slipway from the site model; changes here are undone by its next run.\n"
RECORD = "/var/lib/slipway/kernel.json"
#: Makers of machines that are emulated.
EMULATORS = ("QEMU", "Bochs", "KVM", "VMware", "innotek", "Xen")


class Part(Protocol):
    """One part: reads its facts, adds its steps to a plan, says what it can prove."""

    name: str

    def observe(self) -> dict[str, Any]: ...

    def plan(self, seen: dict[str, Any], plan: Plan) -> None: ...

    def verify(self, seen: dict[str, Any]) -> list[Check]: ...


class Parts:
    """A subject of converge made of parts, in their order."""

    system: System
    parts: tuple[Part, ...]

    def observe(self) -> dict[str, Any]:
        return {part.name: part.observe() for part in self.parts}

    def plan(self, observed: dict[str, Any]) -> Plan:
        plan = Plan()
        for part in self.parts:
            part.plan(observed[part.name], plan)
        return plan

    def verify(self, observed: dict[str, Any]) -> Sequence[Check]:
        source = machine(self.system)
        found: list[Check] = []
        for part in self.parts:
            found += part.verify(observed[part.name])
        return [replace(check, source=source) for check in found]

    def judged(self) -> tuple[list[Check], list[str]]:
        """The checks, and what waits for a reboot.

        Of a part that is configured and only waits for a reboot, checks that do not hold are
        left out: they say the same once more.
        """
        observed, source = self.observe(), machine(self.system)
        found: list[Check] = []
        waiting: list[str] = []
        for part in self.parts:
            seen, plan = observed[part.name], Plan()
            part.plan(seen, plan)
            waits = bool(plan.reboot_reasons) and not plan.steps
            waiting += plan.reboot_reasons
            found += [check for check in part.verify(seen) if check.ok or not waits]
        return [replace(check, source=source) for check in found], waiting


def machine(system: System) -> str:
    """HARDWARE, or EMULATION where the firmware names a hypervisor as the maker."""
    vendor = system.read("/sys/class/dmi/id/sys_vendor") or ""
    return EMULATION if vendor.startswith(EMULATORS) else HARDWARE


class Record:
    """What the kit itself set and could not read back from the host otherwise.

    arguments  of the command line, set by the kit
    retired    of them, no longer wanted but still running
    hugepages  {size: {boot, wanted, got}}: a request that the kernel granted in part
    """

    def __init__(self, system: System) -> None:
        self.system = system

    def read(self) -> dict[str, Any]:
        try:
            data = json.loads(self.system.read(RECORD) or "{}")
        except ValueError:
            return {}
        return data if isinstance(data, dict) else {}

    def update(self, **values: Any) -> None:
        data = {**self.read(), **values}
        self.system.write_file(RECORD, json.dumps(data, indent=1, sort_keys=True) + "\n")


def file_step(
    system: System, name: str, why: str, path: str, text: str | None, before: str | None
) -> Step | None:
    """A step that brings *path* to *text* (None: not there); None if it is so already.

    *before* is what System.read gave, so without white space at its end.
    """
    if (text.rstrip() if text is not None else None) == before:
        return None

    def do() -> None:
        if text is None:
            system.remove(path)
        else:
            system.write_file(path, text)

    def proof() -> str | None:
        wanted = None if text is None else text.rstrip()
        return None if system.read(path) == wanted else f"{path} is not what was written"

    return Step(name, why, do, proof, before={path: before}, after={path: text})


def difference(steps: list[dict[str, Any]]) -> dict[str, str]:
    """Ansible's diff of steps' summaries: one line each, files line by line."""

    def side(key: str) -> str:
        lines = []
        for step in steps:
            value = step[key]
            if isinstance(value, dict):
                for path, text in value.items():
                    lines.append(path + (" (absent)" if text is None else ""))
                    lines += [f"  {line}" for line in (text or "").splitlines()]
            else:
                lines.append(f"{step['name']}: {'' if value is None else value}")
        return "".join(f"{line}\n" for line in lines)

    return {"before": side("before"), "after": side("after")}


def boot_id(system: System) -> str:
    """The identity of this boot."""
    return system.read("/proc/sys/kernel/random/boot_id") or ""

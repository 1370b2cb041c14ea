"""Sysctls: in effect now, kept over a reboot, and not undone by a later file."""

from __future__ import annotations

import fnmatch
from typing import Any

from ..converge import Check, Plan, Refusal, Step
from ..system import System
from .part import HEADER, file_step
from .spec import HostKernelSpec, parts

OWN = "/etc/sysctl.d/70-slipway.conf"
#: systemd-sysctl's folders; of two files with one name the first folder's counts
FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d")


def parse(text: str) -> dict[str, str]:
    """{path below /proc/sys: value} of a sysctl.d file; "-" before a key is dropped."""
    found = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not line.strip().startswith(("#", ";")):
            found[parts(key.strip().lstrip("-"))] = " ".join(value.split())
    return found


class Sysctl:
    """Keys that the model dropped keep their value until a reboot; the plan says so."""

    name = "sysctl"

    def __init__(self, system: System, spec: HostKernelSpec) -> None:
        self.system, self.spec = system, spec

    def observe(self) -> dict[str, Any]:
        return {
            "file": self.system.read(OWN),
            "values": {key: self._value(key) for key in self.spec.sysctl},
            "later": self._later(),
        }

    def _value(self, key: str) -> str | None:
        text = self.system.read(f"/proc/sys/{parts(key)}")
        return None if text is None else " ".join(text.split())

    def _later(self) -> list[dict[str, str]]:
        """What files that are read after the kit's say about the model's keys."""
        files: dict[str, str] = {}
        for folder in FOLDERS:
            for path in self.system.glob(f"{folder}/*.conf"):
                files.setdefault(path.rpartition("/")[2], path)
        own = OWN.rpartition("/")[2]
        found = []
        for name in sorted(name for name in files if name > own):
            said = parse(self.system.read(files[name]) or "")
            for key in self.spec.sysctl:
                for pattern, value in said.items():
                    if fnmatch.fnmatchcase(parts(key), pattern):
                        found.append({"key": key, "value": value, "file": files[name]})
        return found

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        for later in seen["later"]:
            want = self.spec.sysctl[later["key"]]
            if later["value"] != want:
                plan.refusals.append(
                    Refusal(
                        "sysctl-overridden",
                        f"{later['file']} is read after {OWN} and sets {later['key']} = "
                        f"{later['value']}, the model wants {want}",
                        "Remove the line there, or change the model",
                    )
                )
        loads_modules = any(step.name.startswith("module:") for step in plan.steps)
        text = "".join(f"{key} = {value}\n" for key, value in self.spec.sysctl.items())
        step = file_step(
            self.system, "sysctl:at-boot", "set at each boot", OWN, HEADER + text if text else None,
            seen["file"],
        )  # fmt: skip
        if step:
            plan.steps.append(step)
            wanted = {parts(key) for key in self.spec.sysctl}
            for key in parse(seen["file"] or ""):
                if key not in wanted:
                    plan.warnings.append(f"sysctl {key} keeps its value until the next reboot")
        for key, want in self.spec.sysctl.items():
            if seen["values"][key] == want:
                continue
            if seen["values"][key] is None and not loads_modules:
                self._unknown(key, plan)
                continue
            plan.steps.append(
                Step(
                    f"sysctl:{key}",
                    "in effect now",
                    lambda k=key, v=want: self.system.write_attribute(f"/proc/sys/{parts(k)}", v),
                    lambda k=key, v=want: self._differs(k, v),
                    before=seen["values"][key],
                    after=want,
                )
            )

    def _unknown(self, key: str, plan: Plan) -> None:
        if "/conf/" in parts(key) or "/neigh/" in parts(key):
            # udev sets it when the interface appears
            plan.warnings.append(f"sysctl {key}: its interface is not there yet")
            return
        plan.refusals.append(
            Refusal(
                "sysctl-unknown",
                f"this kernel has no {key} (/proc/sys/{parts(key)})",
                "Correct the name, or name the module that brings it under modules",
            )
        )

    def _differs(self, key: str, want: str) -> str | None:
        got = self._value(key)
        return None if got == want else f"the kernel made {got} of {want}"

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        return [
            Check(f"sysctl {key}", seen["values"][key] == want, want, seen["values"][key],
                  step=f"sysctl:{key}", look=f"{OWN}, journalctl -u systemd-sysctl")
            for key, want in self.spec.sysctl.items()
        ]  # fmt: skip

"""Kernel modules: loaded now, loaded at boot, and their options."""

from __future__ import annotations

from typing import Any

from ..converge import Check, Plan, Step
from ..system import System
from .part import HEADER, file_step
from .spec import HostKernelSpec

AT_BOOT = "/etc/modules-load.d/slipway.conf"
OPTIONS = "/etc/modprobe.d/slipway.conf"


class Modules:
    """Loaded modules are never unloaded: what uses them is not the kit's to know."""

    name = "modules"

    def __init__(self, system: System, spec: HostKernelSpec) -> None:
        self.system, self.spec = system, spec

    def observe(self) -> dict[str, Any]:
        release = self.system.read("/proc/sys/kernel/osrelease") or ""
        folder = f"/lib/modules/{release}"
        lines = (self.system.read("/proc/modules") or "").splitlines()
        loaded = {line.split()[0] for line in lines if line}
        missing = [m for m in self.spec.modules if _plain(m) not in loaded]
        builtin = self._builtin(folder) if missing else set()
        return {
            "release": release,
            "at_boot": self.system.read(AT_BOOT),
            "options": self.system.read(OPTIONS),
            "missing": [m for m in missing if _plain(m) not in builtin],
            "kernel_files": self.system.exists(folder),
            "parameters": {
                f"{module}.{option}": self.system.read(
                    f"/sys/module/{_plain(module)}/parameters/{option}"
                )
                for module, options in self.spec.module_options.items()
                for option in options
                if _plain(module) in loaded
            },
        }

    def _builtin(self, folder: str) -> set[str]:
        lines = (self.system.read(f"{folder}/modules.builtin") or "").splitlines()
        return {_plain(line.rpartition("/")[2].partition(".ko")[0]) for line in lines}

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        self._files(seen, plan)
        for module in seen["missing"]:
            if not seen["kernel_files"]:
                plan.reboot_reasons.append(
                    f"module {module}: the files of the running kernel {seen['release']} are gone "
                    "(a newer one was installed)"
                )
                continue
            plan.steps.append(
                Step(
                    f"module:{module}",
                    "load it now",
                    lambda m=module: self._load(m),
                    lambda m=module: self._absent(m),
                    before="not loaded",
                    after="loaded",
                )
            )
        for name, value in seen["parameters"].items():
            module, _, option = name.partition(".")
            want = self.spec.module_options[module][option]
            if value is not None and _truth(value) != _truth(want):
                plan.reboot_reasons.append(
                    f"module {module} is loaded with {option}={value}, the model wants {want}"
                )

    def _files(self, seen: dict[str, Any], plan: Plan) -> None:
        boot = "".join(f"{m}\n" for m in self.spec.modules)
        options = "".join(
            f"options {module} {' '.join(f'{o}={v}' for o, v in values.items())}\n"
            for module, values in self.spec.module_options.items()
            if values
        )
        for name, why, path, text, before in (
            ("module-options", "for their next load", OPTIONS, options, seen["options"]),
            ("modules:at-boot", "loaded at every boot", AT_BOOT, boot, seen["at_boot"]),
        ):
            step = file_step(self.system, name, why, path, HEADER + text if text else None, before)
            if step:
                plan.steps.append(step)

    def _load(self, module: str) -> None:
        self.system.run("modprobe", "--", module)

    def _absent(self, module: str) -> str | None:
        if module in self.observe()["missing"]:
            return f"modprobe {module} loaded nothing of that name; an alias? name the module"
        return None

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        return [
            Check(
                f"module {m} is loaded",
                m not in seen["missing"],
                "loaded",
                "missing" if m in seen["missing"] else "loaded",
                step=f"module:{m}",
                look=f"modprobe -v {m}; journalctl -u systemd-modules-load",
            )
            for m in self.spec.modules
        ]


def _plain(module: str) -> str:
    return module.replace("-", "_")


def _truth(value: str) -> str:
    """The kernel shows booleans as Y and N."""
    return {"y": "1", "n": "0"}.get(value.lower(), value)

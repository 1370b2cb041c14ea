"""The kernel's command line: what runs, what is configured, what the model wants."""

from __future__ import annotations

from typing import Any

from ..converge import Check, Plan, Refusal, Step
from ..system import System
from .arguments import contradictions, for_vendor
from .boot_loader import GRUB_OWN, Grub, boot_loader
from .part import Record
from .spec import HostKernelSpec


class CommandLine:
    """Only the kit's own arguments are managed; the record says which those are."""

    name = "command_line"

    def __init__(self, system: System, spec: HostKernelSpec) -> None:
        self.system, self.spec = system, spec
        self.record = Record(system)

    def observe(self) -> dict[str, Any]:
        record = self.record.read()
        vendor = next(
            (
                line.partition(":")[2].strip()
                for line in (self.system.read("/proc/cpuinfo") or "").splitlines()
                if line.startswith("vendor_id")
            ),
            "",
        )
        running = (self.system.read("/proc/cmdline") or "").split()
        own = list(record.get("arguments", []))
        loader = boot_loader(self.system)
        return {
            "running": running,
            "cpu_vendor": vendor,
            "own": own,
            "retired": [a for a in record.get("retired", []) if a in running],
            "boot_loader": loader.observe({*own, *record.get("retired", [])}) if loader else None,
        }

    def wanted(self, seen: dict[str, Any]) -> list[str]:
        """The model's arguments for this host's processor, and those of gigantic pages."""
        found = for_vendor(self.spec.command_line, seen["cpu_vendor"])
        for size in dict.fromkeys(p.size for p in self.spec.hugepages if p.gigantic):
            pages = [p for p in self.spec.hugepages if p.size == size]
            counts = [f"{p.count}" if p.node is None else f"{p.node}:{p.count}" for p in pages]
            found += [f"hugepagesz={size}", f"hugepages={','.join(counts)}"]
        return list(dict.fromkeys(found))

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        wanted, loader = self.wanted(seen), seen["boot_loader"]
        foreign = loader["foreign"] if loader else []
        named = {f["argument"] for f in foreign}
        stale = [a for a in seen["own"] if a not in wanted]
        gone = [a for a in stale if a not in named]
        self._refuse(wanted, seen, plan)
        if loader:
            self._steps(wanted, stale, gone, seen, plan)
        for argument in wanted:
            if argument not in seen["running"]:
                plan.reboot_reasons.append(f"command line: {argument} is not in effect yet")
        for argument in dict.fromkeys([*gone, *seen["retired"]]):
            if argument in seen["running"] and argument not in wanted and argument not in named:
                plan.reboot_reasons.append(f"command line: {argument} is still in effect")

    def _refuse(self, wanted: list[str], seen: dict[str, Any], plan: Plan) -> None:
        loader = seen["boot_loader"]
        if loader is None:
            missing = [a for a in wanted if a not in seen["running"]]
            if missing:
                plan.refusals.append(
                    Refusal(
                        "command-line-mechanism",
                        f"this host has neither update-grub with /boot/grub/grub.cfg nor grubby, "
                        f"so {' '.join(missing)} cannot be set",
                        "Set it in the boot loader by hand; the kit then only checks it",
                    )
                )
            return
        for foreign in loader["foreign"]:
            for want, other in contradictions(wanted, [foreign["argument"]]):
                plan.refusals.append(
                    Refusal(
                        "command-line-contradiction",
                        f"{foreign['where']} sets {other}, the model wants {want}",
                        f"Remove {other} there, or change the model",
                    )
                )
        if wanted:
            for where in loader["overrides"]:
                plan.refusals.append(
                    Refusal(
                        "command-line-overridden",
                        f"{where} replaces GRUB_CMDLINE_LINUX after {GRUB_OWN}",
                        'Write GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX …" there',
                    )
                )
        configured = {f["argument"] for f in loader["foreign"]} | set(seen["own"])
        others = [a for a in seen["running"] if a not in configured]
        for want, other in contradictions(wanted, others):
            if want in seen["running"]:
                plan.warnings.append(
                    f"command line: {other} is in effect beside {want} and in no file of the boot "
                    "loader that the kit reads (boot menu, firmware, /etc/grub.d?)"
                )

    def _steps(
        self, wanted: list[str], stale: list[str], gone: list[str], seen: dict[str, Any], plan: Plan
    ) -> None:
        loader = seen["boot_loader"]
        entries = loader["entries"]
        behind = any(set(wanted) - set(entry) or set(gone) & set(entry) for entry in entries)
        text = Grub(self.system).text(wanted) if loader["name"] == "grub" else None
        if behind or loader["file"] != (text.rstrip() if text else None):
            plan.steps.append(
                Step(
                    "command-line:configure",
                    f"the model's arguments through {loader['name']}",
                    lambda: self._configure(wanted, stale, gone, seen),
                    lambda: self._unproven(wanted, gone),
                    before=" ".join(seen["own"]),
                    after=" ".join(wanted),
                )
            )
        if seen["own"] != wanted:
            plan.steps.append(
                Step(
                    "command-line:record",
                    "which arguments are the kit's own",
                    lambda: self.record.update(
                        arguments=wanted, retired=self._retired(wanted, seen)
                    ),
                    lambda: self._unrecorded(wanted),
                    before=" ".join(seen["own"]),
                    after=" ".join(wanted),
                )
            )

    def _retired(self, wanted: list[str], seen: dict[str, Any]) -> list[str]:
        candidates = dict.fromkeys([*seen["own"], *seen["retired"]])
        return [a for a in candidates if a in seen["running"] and a not in wanted]

    def _configure(
        self, wanted: list[str], stale: list[str], gone: list[str], seen: dict[str, Any]
    ) -> None:
        # recorded first: whatever a cut leaves behind is known to be the kit's
        self.record.update(arguments=list(dict.fromkeys([*seen["own"], *wanted])))
        loader = boot_loader(self.system)
        if loader is None:
            raise RuntimeError("the boot loader's tools are gone")
        loader.configure(wanted, stale if loader.name == "grub" else gone)

    def _unrecorded(self, wanted: list[str]) -> str | None:
        same = self.record.read().get("arguments", []) == wanted
        return None if same else "the record does not hold what was written"

    def _unproven(self, wanted: list[str], gone: list[str]) -> str | None:
        loader = boot_loader(self.system)
        entries = loader.observe(set())["entries"] if loader else []
        if not entries:
            return "no Linux entry in the boot loader's configuration"
        for entry in entries:
            missing = [a for a in wanted if a not in entry]
            left = [a for a in gone if a in entry]
            if missing or left:
                return f"a boot entry lacks {missing} or still has {left}: {' '.join(entry)}"
        return None

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        return [
            Check(
                f"command line has {argument}",
                argument in seen["running"],
                argument,
                argument if argument in seen["running"] else None,
                step="command-line:configure",
                look="/proc/cmdline; a reboot makes a configured argument effective",
            )
            for argument in self.wanted(seen)
        ]

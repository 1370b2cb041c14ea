"""Hugepages: gigantic ones by the command line, others now and by tmpfiles.d at each boot."""

from __future__ import annotations

from typing import Any

from ..converge import Check, Plan, Refusal, Step
from ..system import System
from .part import HEADER, Record, boot_id, file_step
from .spec import HostKernelSpec, HugePages

TMPFILES = "/etc/tmpfiles.d/slipway-hugepages.conf"
#: above this share of memory the host itself starves
LARGEST_SHARE = 0.9


def attribute(kib: int, node: int | None) -> str:
    """The kernel's file for the number of pages of this size, in all or on one node."""
    base = "/sys/kernel/mm" if node is None else f"/sys/devices/system/node/node{node}"
    return f"{base}/hugepages/hugepages-{kib}kB/nr_hugepages"


class HugePagesPart:
    """A count that the kernel grants in part is recorded and reported, not tried at every run."""

    name = "hugepages"

    def __init__(self, system: System, spec: HostKernelSpec) -> None:
        self.system, self.spec = system, spec
        self.record = Record(system)

    def observe(self) -> dict[str, Any]:
        text = self.system.read(TMPFILES)
        paths = {attribute(p.kib, p.node) for p in self.spec.hugepages}
        # a size that the model no longer names is still the kit's while its file says so
        dropped = {
            line.split()[1] for line in (text or "").splitlines() if line.startswith("w ")
        } - paths
        memory = (self.system.read("/proc/meminfo") or "MemTotal: 0 kB").split()
        return {
            "file": text,
            "counts": {path: _number(self.system.read(path)) for path in sorted(paths | dropped)},
            "dropped": sorted(dropped),
            "partial": self.record.read().get("hugepages", {}),
            "boot": boot_id(self.system),
            "memory_kib": int(memory[1]),
        }

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        total = sum(p.count * p.kib for p in self.spec.hugepages)
        if seen["memory_kib"] and total > seen["memory_kib"] * LARGEST_SHARE:
            plan.refusals.append(
                Refusal(
                    "hugepages-memory",
                    f"hugepages of {total // 1024} MiB leave too little of "
                    f"{seen['memory_kib'] // 1024} MiB of memory",
                    f"Ask for at most {int(seen['memory_kib'] * LARGEST_SHARE) // 1024} MiB",
                )
            )
        for path in seen["dropped"]:
            if seen["counts"][path]:
                plan.steps.append(self._step(path, 0, f"hugepages:{_label(path)}", seen))
        for pages in self.spec.hugepages:
            self._plan_one(pages, seen, plan)
        text, before = self._text(), seen["file"]
        step = file_step(
            self.system, "hugepages:at-boot", "reserved at each boot", TMPFILES, text, before
        )
        if step:
            plan.steps.append(step)

    def _plan_one(self, pages: HugePages, seen: dict[str, Any], plan: Plan) -> None:
        path = attribute(pages.kib, pages.node)
        have = seen["counts"][path]
        where = pages.size if pages.node is None else f"{pages.size} on node {pages.node}"
        if have is None:
            plan.refusals.append(
                Refusal(
                    "hugepages-size",
                    f"this host has no hugepages of {where} ({path} is missing)",
                    "Choose a size from /sys/kernel/mm/hugepages",
                )
            )
        elif have != pages.count and (pages.gigantic or self._tried(path, pages.count, seen)):
            plan.reboot_reasons.append(f"hugepages: {have} of {pages.count} pages of {where}")
        elif have != pages.count:
            plan.steps.append(self._step(path, pages.count, f"hugepages:{_label(path)}", seen))

    def _tried(self, path: str, count: int, seen: dict[str, Any]) -> bool:
        partial = seen["partial"].get(path, {})
        return partial == {"boot": seen["boot"], "wanted": count, "got": seen["counts"][path]}

    def _step(self, path: str, count: int, name: str, seen: dict[str, Any]) -> Step:
        def do() -> None:
            self.system.write_attribute(path, str(count))
            if _number(self.system.read(path)) != count:
                # memory in pieces: let the kernel move pages together, then ask once more
                self.system.write_attribute("/proc/sys/vm/compact_memory", "1")
                self.system.write_attribute(path, str(count))
            got = _number(self.system.read(path))
            partial = {
                p: v for p, v in self.record.read().get("hugepages", {}).items() if p != path
            }
            if got != count:
                partial[path] = {"boot": seen["boot"], "wanted": count, "got": got}
            if got != count or path in seen["partial"]:
                self.record.update(hugepages=partial)

        def problem() -> str | None:
            now = _number(self.system.read(path))
            # a part that is recorded is proven as well as it can be: verify tells of it
            partial = self.record.read().get("hugepages", {}).get(path, {})
            granted = {"boot": seen["boot"], "wanted": count, "got": now}
            return None if now == count or partial == granted else f"{path} is {now}, not {count}"

        before = seen["counts"][path]
        return Step(name, "reserve pages", do, problem, before=before, after=count)

    def _text(self) -> str | None:
        lines = [
            f"w {attribute(p.kib, p.node)} - - - - {p.count}\n"
            for p in self.spec.hugepages
            if not p.gigantic
        ]
        return HEADER + "".join(lines) if lines else None

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        return [
            Check(
                f"hugepages {_label(attribute(p.kib, p.node))}",
                seen["counts"][attribute(p.kib, p.node)] == p.count,
                p.count,
                seen["counts"][attribute(p.kib, p.node)],
                step=f"hugepages:{_label(attribute(p.kib, p.node))}",
                look="/proc/meminfo, /proc/buddyinfo; a reboot finds memory in one piece",
            )
            for p in self.spec.hugepages
        ]


def _label(path: str) -> str:
    """ "2048kB" or "2048kB@node0" for the kernel's file."""
    parts = path.split("/")
    size = parts[-2].replace("hugepages-", "")
    return f"{size}@{parts[-4]}" if parts[-4].startswith("node") else size


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None

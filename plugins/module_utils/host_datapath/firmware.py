"""Firmware settings (1): set for the next boot, which all else then waits for."""

from __future__ import annotations

from ..converge import Plan, Step
from ..system import System
from .work import Work


def plan(system: System, works: list[Work], result: Plan) -> bool:
    """Plan settings for the next boot; True: all else waits for that boot."""
    waiting = False
    for work in works:
        known, wanted = work.facts["firmware"], work.nic.firmware
        if known is None:
            # the role installs it; in check mode on a bare host it is not there yet
            waiting = True
            result.steps.append(_step(system, work, wanted))
            result.warnings.append(
                f"NIC {work.nic.name}: mstconfig is not installed, so its firmware is unknown; "
                "the rest is planned once it is known"
            )
            continue
        result.warnings += [
            f"NIC {work.nic.name}: its firmware has no {k}" for k in wanted if k not in known
        ]
        has = {k: v for k, v in wanted.items() if k in known}
        wrong = {k: v for k, v in has.items() if known[k]["next"] != v}
        if wrong:
            result.steps.append(_step(system, work, wrong))
        inactive = sorted(k for k, v in has.items() if known[k]["current"] != v)
        if inactive:
            waiting = True
            result.reboot_reasons.append(
                f"NIC {work.nic.name}: firmware takes {', '.join(inactive)} at the next boot; "
                "the datapath is set up after it"
            )
    return waiting


def _step(system: System, work: Work, wrong: dict[str, str]) -> Step:
    """Set what the firmware does from the next boot on."""
    known = work.facts["firmware"] or {}

    def problem() -> str | None:
        now = work.drv.firmware(system, work.nic) or {}
        rest = [k for k, v in wrong.items() if now.get(k, {}).get("next") != v]
        return f"firmware has not taken {', '.join(rest)}" if rest else None

    return Step(
        name=f"firmware:{work.nic.name}",
        why="the model's firmware settings, from the next boot on",
        do=lambda: work.drv.set_firmware(system, work.nic, wrong),
        proof=problem,
        before={k: known[k]["next"] if k in known else "unknown" for k in wrong},
        after=wrong,
    )

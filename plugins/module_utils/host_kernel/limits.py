"""Limits of login sessions (limits.conf) and of services (systemd's default for memlock)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..converge import Check, Plan, Step
from ..system import System
from .part import HEADER, file_step
from .spec import Limit

UNLIMITED = ("unlimited", "infinity", "-1")


class Limits:
    """RDMA registers memory as locked: sessions and services need the same room.

    *stem* names the files, so that two subjects may each have their own.
    A service that runs already keeps its limit until it is restarted.
    """

    name = "limits"

    def __init__(
        self,
        system: System,
        limits: Sequence[Limit],
        stem: str = "70-slipway",
        prefix: str = "limits",
    ) -> None:
        self.system, self.limits, self.prefix = system, tuple(limits), prefix
        self.sessions = f"/etc/security/limits.d/{stem}.conf"
        self.services = f"/etc/systemd/system.conf.d/{stem}.conf"

    @property
    def service_memlock(self) -> str | None:
        """systemd's word for the memlock of everybody: "infinity" or bytes."""
        for limit in reversed(self.limits):
            if limit.domain == "*" and limit.item == "memlock":
                return "infinity" if limit.value in UNLIMITED else str(int(limit.value) * 1024)
        return None

    def observe(self) -> dict[str, Any]:
        effective = None
        if self.service_memlock:
            shown = self.system.run(
                "systemctl", "show", "--property=DefaultLimitMEMLOCK", check=False
            )
            effective = shown.stdout.strip().partition("=")[2] or None
        return {
            "sessions": self.system.read(self.sessions),
            "services": self.system.read(self.services),
            "service_memlock": effective,
        }

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        lines = "".join(f"{x.domain} {x.type} {x.item} {x.value}\n" for x in self.limits)
        memlock = self.service_memlock
        drop_in = f"[Manager]\nDefaultLimitMEMLOCK={memlock}\n" if memlock else ""
        for name, why, path, text, before in (
            ("sessions", "login sessions", self.sessions, lines, seen["sessions"]),
            ("services", "services", self.services, drop_in, seen["services"]),
        ):
            whole = HEADER + text if text else None
            step = file_step(self.system, f"{self.prefix}:{name}", why, path, whole, before)
            if step:
                plan.steps.append(step)
        if memlock and seen["service_memlock"] != memlock:
            plan.steps.append(
                Step(
                    f"{self.prefix}:systemd",
                    "systemd takes the new default for services it starts from now on",
                    lambda: self.system.run("systemctl", "daemon-reload") and None,
                    self._not_taken,
                    before=seen["service_memlock"],
                    after=memlock,
                )
            )

    def _not_taken(self) -> str | None:
        got = self.observe()["service_memlock"]
        if got == self.service_memlock:
            return None
        return (
            f"DefaultLimitMEMLOCK is {got}, not {self.service_memlock}: "
            "a later file in /etc/systemd/system.conf.d sets it?"
        )

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        if not self.service_memlock:
            return []
        got = seen["service_memlock"]
        return [
            Check("memlock of services", got == self.service_memlock, self.service_memlock, got,
                  step=f"{self.prefix}:systemd", look="systemctl show -p DefaultLimitMEMLOCK")
        ]  # fmt: skip

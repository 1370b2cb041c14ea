"""Pods of the plain bridge reach what is outside their cluster under their node's address.

Nothing outside has a route to them. Between pods of the cluster addresses stay as they are.
"""

from __future__ import annotations

from typing import Any

from ..converge import Check, Plan, Step
from ..host_kernel.part import HEADER, file_step
from ..system import System
from .spec import NetworkSpec

TABLE = "slipway-pods"
RULES = "/etc/slipway/pods.nft"
SERVICE = "slipway-pods.service"
UNIT = f"/etc/systemd/system/{SERVICE}"
_UNIT = f"""\
[Unit]
Description=Pods' way out
ConditionPathExists={RULES}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=nft -f {RULES}

[Install]
WantedBy=multi-user.target
"""


class Outside:
    """A table of nftables, now and at every boot."""

    name = "outside"

    def __init__(self, system: System, spec: NetworkSpec) -> None:
        self.system, self.pods = system, spec.pods
        self.family = "ip6" if ":" in spec.pods else "ip"

    def rule(self) -> str:
        """As ``nft list`` shows it too."""
        return (
            f"{self.family} saddr {self.pods} {self.family} daddr != {self.pods} "
            'masquerade comment "slipway"'
        )

    def files(self) -> dict[str, str | None]:
        if not self.pods:
            return {RULES: None, UNIT: None}
        head = f"table {self.family} {TABLE}"
        chain = "type nat hook postrouting priority srcnat; policy accept;"
        # declared, deleted, made: replaced at once, whether it was there or not
        text = f"{head}\ndelete {head}\n{head} {{\n\tchain outside {{\n\t\t{chain}\n"
        return {RULES: f"{HEADER}{text}\t\t{self.rule()}\n\t}}\n}}\n", UNIT: HEADER + _UNIT}

    def observe(self) -> dict[str, Any]:
        shown = self.system.run("nft", "list", "table", self.family, TABLE, check=False)
        enabled = self.system.run("systemctl", "is-enabled", SERVICE, check=False)
        return {
            "files": {path: self.system.read(path) for path in self.files()},
            "rules": shown.stdout if not shown.status else "",
            "enabled": enabled.stdout.strip() == "enabled",
        }

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        for path, text in self.files().items():
            name = f"file:{path.rpartition('/')[2]}"
            step = file_step(self.system, name, "at every boot", path, text, seen["files"][path])
            if step:
                plan.steps.append(step)
        if not self.pods:
            if seen["rules"]:
                plan.steps.append(self._remove())
            return
        if not self._there(seen["rules"]):
            plan.steps.append(
                Step("pods:outside", "pods have no way out",
                     lambda: self.system.run("nft", "-f", RULES),
                     lambda: None if self._there(self.observe()["rules"]) else "is not loaded",
                     before=seen["rules"], after=self.rule())
            )  # fmt: skip
        if not seen["enabled"]:
            plan.steps.append(
                Step("enable:pods", "at every boot", self._enable,
                     lambda: None if self.observe()["enabled"] else "is not enabled",
                     before="not enabled", after="enabled")
            )  # fmt: skip

    def _there(self, rules: str) -> bool:
        return self.rule() in rules and rules.count("masquerade") == 1

    def _enable(self) -> None:
        self.system.run("systemctl", "daemon-reload")
        self.system.run("systemctl", "enable", SERVICE)

    def _remove(self) -> Step:
        return Step(
            "pods:outside:delete", "the network is another's",
            lambda: self.system.run("nft", "delete", "table", self.family, TABLE),
            lambda: "is still there" if self.observe()["rules"] else None,
            before=TABLE, after=None,
        )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        if not self.pods:
            return []
        there = self._there(seen["rules"])
        return [
            Check("pods' way out", there, self.rule(), self.rule() if there else seen["rules"],
                  step="pods:outside", look=f"nft list table {self.family} {TABLE}")
        ]  # fmt: skip

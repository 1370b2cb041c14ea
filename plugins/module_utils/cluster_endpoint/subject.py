"""The endpoint as a subject of converge: package, files, service."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..converge import Check, Plan, Refusal, Step
from ..host_kernel.part import file_step, machine
from ..host_rdma.packages import packages
from ..system import System
from .keepalived import CHECK, CHECK_TEXT, CONFIG, config
from .spec import EndpointSpec

PACKAGE = UNIT = "keepalived"


class ClusterEndpoint:
    """A virtual address on one of the control planes; nothing where a load balancer is named."""

    name = "cluster_endpoint"

    def __init__(self, system: System, spec: EndpointSpec) -> None:
        self.system, self.spec = system, spec

    def observe(self) -> dict[str, Any]:
        shown = self.system.run("ip", "-json", "address", "show").stdout
        here = {
            address["local"]: link["ifname"]
            for link in json.loads(shown or "[]")
            for address in link.get("addr_info", ())
        }
        known = packages(self.system)
        return {
            "interface": here.get(self.spec.address, ""),
            "holds": self.spec.virtual in here,
            "installed": bool(known and known.versions((PACKAGE,))),
            "files": {path: self.system.read(path) for path in (CHECK, CONFIG)},
            "runs": self._unit("is-active") and self._unit("is-enabled"),
        }

    def _unit(self, verb: str) -> bool:
        answer = self.system.run("systemctl", verb, UNIT, check=False).stdout.strip()
        return answer in ("active", "enabled")

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        if not self.spec.virtual:
            self._plan_none(seen, plan)
            return plan
        if not seen["interface"]:
            plan.refusals.append(
                Refusal("node-address", f"no interface has {self.spec.address}",
                        "Correct ansible_host, or the host's management network")
            )  # fmt: skip
            return plan
        if not seen["installed"]:
            plan.steps.append(
                Step(f"package:{PACKAGE}", "holds the API server's address", self._install,
                     lambda: None if self.observe()["installed"] else "is not installed",
                     before=None, after=PACKAGE)
            )  # fmt: skip
        wanted = {CHECK: CHECK_TEXT, CONFIG: config(self.spec, seen["interface"])}
        for path, text in wanted.items():
            name = f"file:{path.rpartition('/')[2]}"
            step = file_step(
                self.system, name, "the API server's address", path, text, seen["files"][path]
            )
            if step:
                plan.steps.append(step)
        if plan.steps or not seen["runs"]:
            plan.steps.append(
                Step(f"service:{UNIT}", "with the files as they are", self._start,
                     lambda: None if self.observe()["runs"] else f"journalctl -u {UNIT}",
                     before="runs" if seen["runs"] else "does not run", after="runs",
                     disrupts=f"service:{UNIT}", patience=20)
            )  # fmt: skip
        return plan

    def _plan_none(self, seen: dict[str, Any], plan: Plan) -> None:
        """keepalived goes only where it is ours."""
        if seen["files"][CHECK] is None:
            return
        plan.steps.append(
            Step(f"service:{UNIT}", "the model names a load balancer", self._stop,
                 lambda: f"journalctl -u {UNIT}" if self._unit("is-active") else None,
                 before="runs", after="does not run", disrupts=f"service:{UNIT}", patience=20)
        )  # fmt: skip
        for path in (CONFIG, CHECK):  # by the last one it is known to be ours
            step = file_step(self.system, f"file:{path.rpartition('/')[2]}", "not needed", path,
                             None, seen["files"][path])  # fmt: skip
            if step:
                plan.steps.append(step)

    def _install(self) -> None:
        known = packages(self.system)
        if known is None:
            raise ValueError("this distribution's packages are not known: install keepalived")
        known.install([PACKAGE])

    def _start(self) -> None:
        self.system.run("chmod", "0755", CHECK)
        self.system.run("systemctl", "enable", UNIT)
        self.system.run("systemctl", "restart", UNIT)

    def _stop(self) -> None:
        self.system.run("systemctl", "disable", "--now", UNIT)

    def verify(self, seen: dict[str, Any]) -> Sequence[Check]:
        wanted = bool(self.spec.virtual)
        return [
            Check("endpoint: keepalived runs", seen["runs"] == wanted, wanted, seen["runs"],
                  machine(self.system), "service", f"journalctl -u {UNIT}")
        ]  # fmt: skip

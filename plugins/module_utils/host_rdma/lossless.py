"""The lossless class on the ports: trust, DSCP to priority, PFC, ECN, receive buffers.

Written from dcb(8) and the mlx5 driver's files; no such NIC was there (see the proof table).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ..converge import Check, Plan, Step
from ..system import System
from .qos import qos_tool
from .spec import HostRdmaSpec, Lossless

ECN_SIDES = ("roce_np", "roce_rp")


class LosslessPart:
    """Nothing where the model has no lossless class: the ports keep what they have."""

    name = "lossless"

    def __init__(self, system: System, spec: HostRdmaSpec) -> None:
        self.system, self.spec = system, spec
        self.tool = qos_tool(system)

    @property
    def _ports(self) -> tuple[str, ...]:
        return self.spec.lossless.ports if self.spec.lossless else ()

    def observe(self) -> dict[str, Any]:
        return {port: self._facts(port) for port in self._ports}

    def _facts(self, port: str) -> dict[str, Any]:
        if not self.system.exists(f"/sys/class/net/{port}"):
            return {"present": False}
        state = asdict(self.tool.show(port))
        state["dscp"] = {str(dscp): priority for dscp, priority in state["dscp"].items()}
        return {"present": True, "tool": self.tool.name, **state, "ecn": self._ecn(port)}

    def _ecn(self, port: str) -> dict[str, bool] | None:
        """{"roce_np/3": on}; None where the driver leaves it to the firmware, as upstream does."""
        base = f"/sys/class/net/{port}/ecn"
        if not self.system.exists(base):
            return None
        return {
            f"{side}/{priority}": self.system.read(f"{base}/{side}/enable/{priority}") == "1"
            for side in ECN_SIDES
            for priority in range(8)
        }

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        lossless = self.spec.lossless
        if lossless is None:
            return
        for port in lossless.ports:
            self._plan_port(port, seen[port], lossless, plan)

    def _plan_port(self, port: str, facts: dict[str, Any], lossless: Lossless, plan: Plan) -> None:
        tool = self.tool
        priority = lossless.pfc_priorities[0]
        dscp = str(self.spec.dscp)
        present = facts["present"]

        def add(what: str, why: str, want: Any, do: Callable[[], None], same: bool) -> None:
            if present and same:
                return
            plan.steps.append(
                Step(
                    f"lossless:{port}:{what}",
                    why,
                    lambda: self._on(port, do),
                    lambda: self._unlike(port, what, want),
                    before=self._got(facts, what) if present else None,
                    after=want,
                )
            )

        add("host_managed", "the host decides, not the firmware", True,
            lambda: tool.take_over(port), bool(facts.get("host_managed")))  # fmt: skip
        if lossless.trust == "dscp":
            add("dscp", "RDMA's DSCP to the lossless priority", priority,
                lambda: tool.map_dscp(port, self.spec.dscp, priority),
                facts.get("dscp", {}).get(dscp) == priority)  # fmt: skip
        add("trust", "what received packets are sorted by", lossless.trust,
            lambda: tool.set_trust(port, lossless.trust),
            facts.get("trust") == lossless.trust)  # fmt: skip
        pfc = sorted(lossless.pfc_priorities)
        add("pfc", "pause frames by priority", pfc,
            lambda: tool.set_pfc(port, pfc), list(facts.get("pfc", ())) == pfc)  # fmt: skip
        if lossless.buffer is not None:
            add("buffer", "receive buffers", list(lossless.buffer),
                lambda: tool.set_buffer(port, lossless.buffer or ()),
                list(facts.get("buffer", ())) == list(lossless.buffer))  # fmt: skip
        self._plan_ecn(port, facts, lossless, add, plan)

    def _plan_ecn(
        self, port: str, facts: dict[str, Any], lossless: Lossless, add: Any, plan: Plan
    ) -> None:
        ecn = facts.get("ecn")
        if ecn is None:
            if facts["present"] and lossless.ecn_priorities:
                plan.warnings.append(
                    f"{port}: this driver leaves ECN to the firmware; check "
                    "ROCE_CC_PRIO_MASK_P1/P2 (mstconfig query)"
                )
            return
        wanted = {f"{side}/{p}" for side in ECN_SIDES for p in lossless.ecn_priorities}
        enabled = {key for key, on in ecn.items() if on}
        add("ecn", "congestion marking by priority", sorted(wanted),
            lambda: self._set_ecn(port, wanted), enabled == wanted)  # fmt: skip

    def _set_ecn(self, port: str, wanted: set[str]) -> None:
        for key, on in (self._ecn(port) or {}).items():
            if on != (key in wanted):
                side, _, priority = key.partition("/")
                path = f"/sys/class/net/{port}/ecn/{side}/enable/{priority}"
                self.system.write_attribute(path, "1" if key in wanted else "0")

    def _on(self, port: str, do: Callable[[], None]) -> None:
        if not self.system.exists(f"/sys/class/net/{port}"):
            raise RuntimeError(f"the port {port} is not there (host_datapath names the ports)")
        do()

    def _got(self, facts: dict[str, Any], what: str) -> Any:
        if what == "dscp":
            return facts["dscp"].get(str(self.spec.dscp))
        if what == "ecn":
            return sorted(k for k, on in (facts["ecn"] or {}).items() if on)
        value = facts[what]
        return list(value) if isinstance(value, tuple) else value

    def _unlike(self, port: str, what: str, want: Any) -> str | None:
        got = self._got(self._facts(port), what)
        return None if got == want else f"{self.tool.name} shows {got} on {port}, not {want}"

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        plan = Plan()
        self.plan(seen, plan)
        wrong = {step.name: step for step in plan.steps}
        found = []
        for port in self._ports:
            for what in ("trust", "pfc", "dscp", "ecn", "buffer"):
                step = wrong.get(f"lossless:{port}:{what}")
                got = step.before if step else "as the model says"
                found.append(
                    Check(f"{what} of {port}", step is None, step.after if step else got, got,
                          step=f"lossless:{port}:{what}", look=f"{self.tool.name} on {port}")
                )  # fmt: skip
        return found

"""kubelet's placement of pods on NUMA nodes, as a file in its configuration's folder.

kubelet does not start with the state of another policy (cpu_manager_state,
memory_manager_state): that is removed with it, but not while pods have CPUs of their own.
Reference: Kubernetes, "Control CPU/Memory Management Policies on the Node".
"""

from __future__ import annotations

import json
from typing import Any

from ..converge import Check, Plan, Refusal
from ..host_kernel.part import file_step
from ..system import System
from .spec import RdmaSpec

FILE = "/etc/kubernetes/kubelet.conf.d/20-slipway-numa.conf"
SERVICE = "kubelet.service"
STATES = ("/var/lib/kubelet/cpu_manager_state", "/var/lib/kubelet/memory_manager_state")
#: kubelet's own hard eviction threshold, MiB: what is reserved holds it, too.
_EVICTION = 100


class Kubelet:
    name = "kubelet"

    def __init__(self, system: System, spec: RdmaSpec) -> None:
        self.system, self.spec = system, spec

    def text(self) -> str | None:
        """The file; None: kubelet's default."""
        numa = self.spec.numa
        if numa is None:
            return None
        found: dict[str, Any] = {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "topologyManagerPolicy": numa.topology,
            "cpuManagerPolicy": "static",
            "reservedSystemCPUs": numa.reserved_cpus,
        }
        if numa.reserved_memory:
            total = sum(numa.reserved_memory.values())
            found |= {
                "memoryManagerPolicy": "Static",
                "reservedMemory": [
                    {"numaNode": int(node), "limits": {"memory": f"{mib}Mi"}}
                    for node, mib in sorted(numa.reserved_memory.items())
                ],
                "systemReserved": {"memory": f"{total - _EVICTION}Mi"},
                "evictionHard": {"memory.available": f"{_EVICTION}Mi"},
            }
        return json.dumps(found, indent=1, sort_keys=True) + "\n"

    def observe(self) -> dict[str, Any]:
        return {
            "file": self.system.read(FILE),
            "exclusive": self._exclusive(),
            "active": self._active(),
        }

    def _exclusive(self) -> bool:
        """Whether containers have CPUs of their own."""
        try:
            state = json.loads(self.system.read(STATES[0]) or "{}")
        except ValueError:
            return False
        return bool(state.get("entries"))

    def _active(self) -> bool:
        shown = self.system.run("systemctl", "is-active", SERVICE, check=False)
        return shown.stdout.strip() == "active"

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        step = file_step(
            self.system, "kubelet:numa", "CPUs and memory beside the NIC", FILE, self.text(),
            seen["file"],
        )  # fmt: skip
        if step is None:
            return
        if seen["exclusive"]:
            plan.refusals.append(
                Refusal(
                    "exclusive-cpus", "pods have CPUs of their own, and placement is to change",
                    f"First: kubectl drain {self.spec.node}",
                )
            )  # fmt: skip
        write = step.do

        def do() -> None:
            # stopped first: a running one writes its state once more; the file last, so that a
            # run that was cut here does all of it again
            self.system.run("systemctl", "stop", SERVICE)
            for state in STATES:
                self.system.remove(state)
            write()
            self.system.run("systemctl", "daemon-reload")
            self.system.run("systemctl", "start", SERVICE)

        written = step.proof
        step.do, step.patience = do, 60
        step.proof = lambda: written() or (None if self._active() else "kubelet does not run")
        plan.steps.append(step)

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        text = self.text()
        same = seen["file"] == (text and text.rstrip())
        return [
            Check("kubelet's placement", same and seen["active"], "as written, active",
                  "as written" if same else "else", step="kubelet:numa",
                  look="journalctl -u kubelet")
        ]  # fmt: skip

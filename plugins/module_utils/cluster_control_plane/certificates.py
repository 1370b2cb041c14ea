"""Certificates of a control plane, renewed before they end; kubelet renews its own itself."""

from __future__ import annotations

import json
import os
from typing import Any

from ..cluster_kubeadm.etcd import ACCESS, ETCDCTL
from ..cluster_kubeadm.paths import KUBEADM
from ..cluster_runtime.services import began
from ..converge import Check, Plan, Step
from ..system import System
from .node import PATIENCE, answers, is_member, pids
from .spec import ControlPlaneSpec

HOME = "/etc/kubernetes"
#: Who reads which; none reads all of them anew by itself. etcd first: the API server needs it.
READERS = {
    "etcd": ("pki/etcd/server.crt", "pki/etcd/peer.crt"),
    "kube-apiserver": (
        "pki/apiserver.crt", "pki/apiserver-kubelet-client.crt", "pki/apiserver-etcd-client.crt",
        "pki/front-proxy-client.crt",
    ),
    "kube-controller-manager": ("controller-manager.conf",),
    "kube-scheduler": ("scheduler.conf",),
}  # fmt: skip
DAY = 86400


class Certificates:
    """Those that kubeadm has made, with the kubeconfigs; their readers are restarted one by one."""

    name = "certificates"

    def __init__(self, system: System, spec: ControlPlaneSpec) -> None:
        self.system, self.spec = system, spec

    def observe(self) -> dict[str, Any]:
        """``{days: {certificate: days left}, outdated: programs that began before theirs}``."""
        if not is_member(self.system):
            return {"days": {}, "outdated": []}
        asked = self.system.run(KUBEADM, "certs", "check-expiration", "--output", "json").stdout
        listed = json.loads(asked[asked.index("{") :])["certificates"]
        return {
            "days": {
                each["name"]: int(each["residualTime"]) // DAY
                for each in listed
                if not each["externallyManaged"] and not each["missing"]
            },
            "outdated": [program for program in READERS if self._outdated(program)],
        }

    def _outdated(self, program: str) -> bool:
        files = [f"{HOME}/{path}" for path in READERS[program]]
        written = [
            os.stat(self.system.path(f)).st_ctime for f in files if self.system.exists(f)
        ]  # fmt: skip
        starts = [began(self.system, pid) for pid in pids(self.system, program)]
        return any(s is not None and any(w > s for w in written) for s in starts)

    def _due(self, seen: dict[str, Any]) -> dict[str, int]:
        return {
            name: days for name, days in seen["days"].items() if days < self.spec.certificate_days
        }

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        due = self._due(seen)
        if due:
            plan.steps.append(
                Step(
                    "certificates:renew", f"end in less than {self.spec.certificate_days} days",
                    lambda: self.system.run(KUBEADM, "certs", "renew", "all"),
                    lambda: "some still end too soon" if self._due(self.observe()) else None,
                    before=", ".join(f"{name}: {days} days" for name, days in due.items()),
                    after="renewed",
                )
            )  # fmt: skip
        for program in READERS if due else seen["outdated"]:
            plan.steps.append(self._restart(program))

    def _restart(self, program: str) -> Step:
        def do() -> None:
            # kubelet starts it again
            for pid in pids(self.system, program):
                self.system.run("kill", "-TERM", str(pid))

        return Step(
            f"certificates:restart:{program}", "with its new certificates", do,
            lambda: self._runs(program), before="started before they were made",
            after="started after", disrupts=f"service:{program}", patience=PATIENCE,
        )  # fmt: skip

    def _runs(self, program: str) -> str | None:
        if len(pids(self.system, program)) != 1 or self._outdated(program):
            return f"{program} does not run with the new certificates: journalctl -u kubelet"
        if program == "etcd":
            asked = self.system.run(ETCDCTL, *ACCESS, "endpoint", "health", check=False)
            return None if asked.status == 0 else "etcd does not answer"
        return answers(self.system) if program == "kube-apiserver" else None

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        due = self._due(seen)
        return [
            Check("certificates last", not due, f"{self.spec.certificate_days} days", due or "yes",
                  step="certificates:renew", look="kubeadm certs check-expiration"),
            Check("certificates in use are the new ones", not seen["outdated"], [],
                  seen["outdated"], step="certificates:restart", look=HOME),
        ]  # fmt: skip

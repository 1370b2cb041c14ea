"""Static pods as kubeadm would make them now, and the configuration that kubeadm keeps."""

from __future__ import annotations

from typing import Any

from ..cluster_kubeadm.api_server import settings_hash
from ..cluster_kubeadm.config import for_control_plane
from ..cluster_kubeadm.paths import KUBEADM, MANIFESTS
from ..cluster_kubeadm.spec import KubeadmSpec
from ..converge import Check, Plan, Step
from ..system import CommandError, System
from .node import (
    COMPONENTS,
    PATIENCE,
    answers,
    is_member,
    kubectl,
    manifest,
    reachable,
    runs_as_written,
)

CONFIG = "/run/slipway/control-plane.json"
DRY = "/run/slipway"
PHASES = {name: name.removeprefix("kube-") for name in COMPONENTS}


class StaticPods:
    """What kubeadm says in a dry run is what the manifests must be, byte for byte."""

    name = "static_pods"

    def __init__(self, system: System, spec: KubeadmSpec) -> None:
        self.system, self.spec = system, spec

    def observe(self) -> dict[str, Any]:
        if not is_member(self.system):
            return {"differ": []}
        wanted = self._wanted()
        return {"differ": [c for c in COMPONENTS if manifest(self.system, c) != wanted[c]]}

    def _wanted(self) -> dict[str, str]:
        try:
            phase(self.system, self.spec, "control-plane", "all", dry=True)
            return {c: self.system.read(f"{DRY}/{c}.yaml") or "" for c in COMPONENTS}
        finally:
            for component in COMPONENTS:
                self.system.remove(f"{DRY}/{component}.yaml")

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        for component in seen["differ"]:
            plan.steps.append(self._step(component))

    def _step(self, component: str) -> Step:
        return Step(
            f"static-pod:{component}", "its settings",
            lambda: phase(self.system, self.spec, "control-plane", PHASES[component]),
            lambda: runs_as_written(self.system, component),
            before="other settings", after="as kubeadm makes it",
            disrupts=f"service:{component}", patience=PATIENCE,
        )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        found = []
        for component in COMPONENTS if is_member(self.system) else ():
            problem = runs_as_written(self.system, component)
            if component in seen["differ"]:
                problem = f"{MANIFESTS}/{component}.yaml is not what kubeadm makes"
            found.append(
                Check(f"{component} runs with the model's settings", problem is None, None,
                      problem, step=f"static-pod:{component}", look="journalctl -u kubelet")
            )  # fmt: skip
        return found


class Answers:
    """The node's own API server, whatever kept it from serving before."""

    name = "answers"

    def __init__(self, system: System) -> None:
        self.system = system

    def observe(self) -> dict[str, Any]:
        return {"problem": answers(self.system) if is_member(self.system) else None}

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        # what was changed above is proven there
        if seen["problem"] and not any(s.name.startswith("static-pod:") for s in plan.steps):
            plan.steps.append(
                Step(
                    "api-server", "does not answer; kubelet tries again at once",
                    lambda: self.system.run("systemctl", "restart", "kubelet"),
                    lambda: answers(self.system),
                    before=seen["problem"], after="ready", patience=PATIENCE,
                )
            )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        problem = seen["problem"]
        return [
            Check("API server answers", problem is None, None, problem, step="api-server",
                  look="journalctl -u kubelet")
        ]  # fmt: skip


class KubeadmConfig:
    """What nodes that join, and upgrades, take their settings from."""

    name = "kubeadm_config"

    def __init__(self, system: System, spec: KubeadmSpec) -> None:
        self.system, self.spec = system, spec

    def observe(self) -> dict[str, Any]:
        """``current``: None where no API server can be asked yet."""
        if not is_member(self.system) or not reachable(self.system):
            return {"current": None}
        asked = kubectl(
            self.system, "get", "configmap", "kubeadm-config", "--namespace", "kube-system",
            "--output", "jsonpath={.data.ClusterConfiguration}",
        )  # fmt: skip
        return {"current": f"value: {settings_hash(self.spec)}" in asked.stdout}

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        if seen["current"] is False:
            plan.steps.append(
                Step(
                    "kubeadm-config",
                    "nodes that join take their settings from it",
                    lambda: phase(self.system, self.spec, "upload-config", "kubeadm"),
                    lambda: None if self.observe()["current"] else "has other settings",
                    before="other settings",
                    after="the model's",
                    patience=20,
                )
            )

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        return [
            Check("kubeadm-config has the model's settings", bool(seen["current"]), True,
                  seen["current"], step="kubeadm-config",
                  look="kubectl -n kube-system get configmap kubeadm-config -o yaml")
        ]  # fmt: skip


def phase(system: System, spec: KubeadmSpec, *words: str, dry: bool = False) -> None:
    """One phase of kubeadm init with the model's configuration; *dry* writes below DRY."""
    system.write_file(CONFIG, for_control_plane(spec), 0o600)
    prefix = ("env", f"KUBEADM_INIT_DRYRUN_DIR={DRY}") if dry else ()
    try:
        done = system.run(
            *prefix, KUBEADM, "init", "phase", *words, "--config", CONFIG,
            *(("--dry-run",) if dry else ()), check=False,
        )  # fmt: skip
    finally:
        system.remove(CONFIG)
    if done.status:
        said = (done.stderr.strip() or "no output").splitlines()[-1]
        raise CommandError(f"kubeadm init phase {' '.join(words)} failed ({done.status}): {said}")

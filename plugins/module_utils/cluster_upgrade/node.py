"""What runs on a node, and the phases that bring it to the model's version.

Control planes first: kubeadm upgrades the first one by ``apply``, which also says so to the whole
cluster, all other nodes by ``node``. kubelet comes last on each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..cluster_control_plane.node import COMPONENTS, manifest, runs_as_written
from ..cluster_kubeadm import KubeadmSpec, etcd
from ..cluster_kubeadm.paths import KUBEADM, KUBECTL, NODE
from ..cluster_kubeadm.spec import CONTROL_PLANE
from ..converge import Check, Plan, Refusal, Step
from ..host_datapath.reading import Reader, SpecError
from ..system import CommandError, System
from .versions import refusal

KUBELET = "/usr/local/bin/kubelet"
SECONDS = 1200
_TAG = re.compile(r"^    image: \S+:(v\S+)$", re.M)
_CLUSTER = re.compile(r"^kubernetesVersion: (v\S+)$", re.M)


@dataclass(frozen=True)
class UpgradeSpec:
    """kubeadm: the node's membership, with the version that it is to have."""

    kubeadm: KubeadmSpec

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> UpgradeSpec:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        kubeadm = r.object("kubeadm")
        if kubeadm is None:
            raise SpecError("kubeadm: missing")
        r.end()
        return cls(KubeadmSpec.parse(kubeadm.value))

    @property
    def wanted(self) -> str:
        return f"v{self.kubeadm.version}"

    @property
    def controls(self) -> bool:
        return self.kubeadm.role == CONTROL_PLANE


class _Phase:
    name = "cluster_upgrade"

    def __init__(self, system: System, spec: UpgradeSpec) -> None:
        self.system, self.spec = system, spec

    def verify(self, seen: dict[str, Any]) -> Sequence[Check]:
        return ()

    def _tags(self) -> list[str]:
        """Versions of the node's static pods; none on a worker."""
        found = (_TAG.search(manifest(self.system, each)) for each in COMPONENTS)
        return sorted({each[1] for each in found if each})


class Guard(_Phase):
    """Before a run that is no upgrade: asks nobody, so that it holds without an API server too."""

    def observe(self) -> dict[str, Any]:
        """``{other: version that is not the model's}``."""
        if not self.system.exists(NODE):
            return {"other": ""}
        said = self.system.run(KUBELET, "--version", check=False).stdout.split()
        have = [*self._tags(), *said[-1:]]
        return {"other": next((v for v in have if v != self.spec.wanted), "")}

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        if seen["other"]:
            plan.refusals.append(
                Refusal("other-version",
                        f"this node has Kubernetes {seen['other']}, the model {self.spec.wanted}",
                        "Run playbooks/cluster_upgrade.yml -e cluster_upgrade="
                        f"{self.spec.kubeadm.cluster}, or correct the model")
            )  # fmt: skip
        return plan


class Facts(_Phase):
    """What the cluster says of itself and of the node, and what the node runs."""

    def observe(self) -> dict[str, Any]:
        """``{cluster, kubelet, tags}``: versions. CommandError where the API does not answer."""
        config = self._get("configmap", "kubeadm-config", "--namespace", "kube-system")
        cluster = _CLUSTER.search(config["data"]["ClusterConfiguration"])
        if not cluster:
            raise CommandError("kubeadm-config does not say the cluster's version")
        node = self._get("node", self.spec.kubeadm.node)
        return {
            "cluster": cluster[1],
            "kubelet": node["status"]["nodeInfo"]["kubeletVersion"],
            "tags": self._tags(),
        }

    def _get(self, *words: str) -> dict[str, Any]:
        asked = self.system.run(
            KUBECTL, "--kubeconfig", NODE, "--request-timeout", "20s", "get", *words,
            "--output", "json",
        )  # fmt: skip
        found: dict[str, Any] = json.loads(asked.stdout)
        return found

    def required(self, seen: dict[str, Any]) -> bool:
        """Whether anything of the node, or the cluster's word, is not the model's."""
        return any(v != self.spec.wanted for v in (seen["cluster"], seen["kubelet"], *seen["tags"]))

    def _upgrade(self, *words: str) -> None:
        done = self.system.run(
            # addons are objects of the kit's
            KUBEADM, "upgrade", *words, "--skip-phases", "addon",
            "--ignore-preflight-errors", ",".join(self.spec.kubeadm.ignored_preflight),
            timeout=SECONDS, check=False,
        )  # fmt: skip
        if done.status:
            said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            errors = [line for line in said if line.startswith("[ERROR")]
            cause = "; ".join(errors or said[-2:]) or "no output"
            raise CommandError(f"kubeadm upgrade {words[0]} failed ({done.status}): {cause}")

    def _refuse_jumps(self, seen: dict[str, Any], plan: Plan) -> None:
        for what, have in (("the cluster", seen["cluster"]), ("kubelet", seen["kubelet"])):
            reason = refusal(have, self.spec.wanted)
            if reason:
                plan.refusals.append(
                    Refusal("version-jump", f"{what}: {reason}",
                            "Name a version in the model that is at most one minor version newer")
                )  # fmt: skip

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        self._refuse_jumps(seen, plan)
        return plan


def look(system: System, spec: UpgradeSpec) -> tuple[bool, list[Refusal]]:
    """Whether the node has to be upgraded, and why it may not be. Changes nothing."""
    facts = Facts(system, spec)
    seen = facts.observe()
    refusals, required = facts.plan(seen).refusals, facts.required(seen)
    if required and spec.controls:
        members = etcd.members(system)
        for member in etcd.of_host(members, spec.kubeadm.node) if len(members) > 1 else ():
            reason = etcd.refusal(members, member)
            if reason:
                refusals.append(
                    Refusal("quorum", f"{spec.kubeadm.node} cannot be spared: {reason}",
                            "Bring the other members back first")
                )  # fmt: skip
    return required, refusals


class Manifests(Facts):
    """kubeadm's own upgrade of a control plane: its static pods; the first one's, the cluster."""

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = super().plan(seen)
        wanted = self.spec.wanted
        apply = seen["cluster"] != wanted
        if self.spec.controls and (apply or any(tag != wanted for tag in seen["tags"])):
            words = ("apply", wanted, "--yes") if apply else ("node",)
            plan.steps.append(
                Step("kubeadm:upgrade", "the cluster" if apply else "the control plane",
                     lambda: self._upgrade(*words), self._runs, before=seen["cluster"],
                     after=wanted, disrupts="service:kube-apiserver", patience=180)
            )  # fmt: skip
        return plan

    def _runs(self) -> str | None:
        other = [tag for tag in self._tags() if tag != self.spec.wanted]
        problems = [f"manifests still say {tag}" for tag in other]
        problems += [p for p in (runs_as_written(self.system, c) for c in COMPONENTS) if p]
        return problems[0] if problems else None


class Kubelet(Facts):
    """kubelet's new program comes into use; the node is drained."""

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = super().plan(seen)
        if seen["kubelet"] == self.spec.wanted:
            return plan
        if not self.spec.controls:
            plan.steps.append(
                Step("kubeadm:upgrade", "kubelet's configuration", lambda: self._upgrade("node"),
                     before=seen["kubelet"], after=self.spec.wanted)
            )  # fmt: skip
        plan.steps.append(
            Step("service:kubelet", "its new version",
                 lambda: self.system.run("systemctl", "restart", "kubelet"), self._says,
                 before=seen["kubelet"], after=self.spec.wanted, disrupts="service:kubelet",
                 patience=180)
        )  # fmt: skip
        return plan

    def _says(self) -> str | None:
        node = self._get("node", self.spec.kubeadm.node)["status"]
        version, wanted = node["nodeInfo"]["kubeletVersion"], self.spec.wanted
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in node["conditions"])
        if version != wanted:
            return f"the Node says kubelet {version}: is {wanted} in artifacts_cluster?"
        return None if ready else "the Node is not ready: journalctl -u kubelet"

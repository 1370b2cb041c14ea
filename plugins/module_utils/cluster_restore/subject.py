"""The restore's phases, each a subject of converge: begin, reset, restore, finish.

The identity that ``Begin`` makes goes to all control planes: a run that is made again finds by
it what was done in this restore, and not in an earlier one.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..cluster_control_plane.node import kubectl, pids
from ..cluster_control_plane.snapshots import ETCDUTL
from ..cluster_kubeadm import ClusterKubeadm, KubeadmSpec, SpecError, restoring
from ..cluster_kubeadm.api_server import receive
from ..cluster_kubeadm.config import SOCKET
from ..cluster_kubeadm.paths import API_SERVER, KUBEADM, MANIFESTS, NODE
from ..cluster_kubeadm.restoring import Mark
from ..cluster_kubeadm.subject import INIT_SECONDS, RECORD
from ..converge import Check, Plan, Refusal, Step
from ..host_datapath.reading import Reader
from ..system import CommandError, System
from . import archive

ETCD = "/var/lib/etcd"
DATA = f"{ETCD}/member"
WORK, DATABASE = f"{ETCD}/.slipway-restore", f"{ETCD}/.slipway-snapshot.db"
#: What the API server's clients have seen must never come again: etcd counts on from beyond it.
BUMP = 1_000_000_000
PROGRAMS = ("etcd", "kube-apiserver")


@dataclass(frozen=True)
class RestoreSpec:
    """kubeadm: the node's membership. snapshot: name in the folder of snapshots.

    identity  as ``Begin`` made it; "" for the phases before.
    others    names of the other control planes' Nodes.
    """

    kubeadm: KubeadmSpec
    snapshot: str
    identity: str = ""
    others: tuple[str, ...] = ()

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> RestoreSpec:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        kubeadm = r.object("kubeadm")
        if kubeadm is None:
            raise SpecError("kubeadm: missing")
        spec = cls(
            KubeadmSpec.parse(kubeadm.value), r.word("snapshot"), r.text("identity", ""),
            r.texts("others"),
        )  # fmt: skip
        r.end()
        return spec


class Phase:
    """What the phases share: the node's mark, and the facts of a node."""

    name = "cluster_restore"

    def __init__(self, system: System, spec: RestoreSpec) -> None:
        self.system, self.spec = system, spec

    def observe(self) -> dict[str, Any]:
        mark = restoring.read(self.system)
        here = mark if mark and mark.snapshot == self.spec.snapshot else None
        return {
            "identity": here.identity if here else "",
            "state": here.state if here else "",
            "seeds": bool(here and here.seeds),
            "holds": self.system.exists(archive.place(self.spec.snapshot)),
        }

    def verify(self, seen: dict[str, Any]) -> Sequence[Check]:
        return ()

    def _marked(self, state: str, identity: str = "") -> None:
        spec = self.spec
        restoring.write(
            self.system,
            Mark(spec.kubeadm.cluster, spec.snapshot, identity or spec.identity, state),
        )

    def _ours(self, seen: dict[str, Any]) -> bool:
        return bool(self.spec.identity) and seen["identity"] == self.spec.identity


class Begin(Phase):
    """On the node that gets the snapshot, before anything else is done."""

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        if not seen["seeds"]:
            plan.steps.append(
                Step("restore:begin", f"{self.spec.kubeadm.cluster} from {self.spec.snapshot}",
                     lambda: self._marked(restoring.BEGUN, secrets.token_hex(8)),
                     after=self.spec.snapshot)
            )  # fmt: skip
        return plan


class Reset(Phase):
    """On each control plane: no node any more, and no etcd that could still answer."""

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        # the node that gets the snapshot has its mark from the beginning
        if not self._ours(seen) or seen["state"] == restoring.BEGUN:
            plan.steps.append(
                Step("restore:reset", "what the cluster stored since the snapshot is given up",
                     self._do, before="a control plane" if self._begun() else "empty",
                     after="empty", disrupts="service:kube-apiserver")
            )  # fmt: skip
        return plan

    def _begun(self) -> bool:
        return any(self.system.exists(p) for p in (NODE, API_SERVER, f"{MANIFESTS}/etcd.yaml"))

    def _do(self) -> None:
        seeds = self._ours(self.observe())
        if self._begun():
            # no kubeconfig: a cluster that goes as a whole is asked nothing
            self.system.run(
                KUBEADM, "reset", "--force", "--cri-socket", SOCKET, "--kubeconfig", "/dev/null",
                "--skip-phases", "remove-etcd-member", timeout=INIT_SECONDS,
            )  # fmt: skip
        self._wait()
        for path in (DATA, WORK):
            shutil.rmtree(self.system.path(path), ignore_errors=True)
        self.system.remove(RECORD)
        self._marked(restoring.EMPTY if seeds else restoring.RESET)

    def _wait(self) -> None:
        for _attempt in range(60):
            running = [program for program in PROGRAMS if pids(self.system, program)]
            if not running:
                return
            self.system.sleep(1)
        raise CommandError(f"{', '.join(running)} still runs: look with ctr -n k8s.io tasks ls")


class Restore(Phase):
    """On the node that gets the snapshot: keys, etcd's data, a control plane of them."""

    def __init__(self, system: System, spec: RestoreSpec) -> None:
        super().__init__(system, spec)
        # etcd's data are there before kubeadm begins
        kubeadm = replace(
            spec.kubeadm,
            ignored_preflight=(*spec.kubeadm.ignored_preflight, "DirAvailable--var-lib-etcd"),
        )
        self.member = ClusterKubeadm(system, kubeadm, init=True)

    def observe(self) -> dict[str, Any]:
        return {**super().observe(), "member": self.member.observe()["done"]}

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan, state = Plan(), seen["state"]
        if state in (restoring.RESTORED, restoring.FINISHED):
            return plan
        if self.spec.identity and not (self._ours(seen) and seen["seeds"]):
            plan.refusals.append(
                Refusal("restore-begun", "this node is not the one that gets the snapshot",
                        "Run playbooks/cluster_restore.yml as a whole")
            )  # fmt: skip
        if state != restoring.DATA:
            plan.steps.append(
                Step("restore:etcd", "the cluster's keys and its data", self._bring_data,
                     lambda: None if self.system.exists(DATA) else f"{DATA} is missing",
                     after=self.spec.snapshot)
            )  # fmt: skip
        if state != restoring.DATA or not seen["member"]:
            plan.steps.append(self.member.init_step())
        plan.steps.append(
            Step("restore:nodes", "control planes that are to join count as ready no longer",
                 self._release, lambda: None, before="as in the snapshot", after="unknown")
        )  # fmt: skip
        return plan

    def _bring_data(self) -> None:
        spec, system = self.spec, self.system
        if pids(system, "etcd"):
            raise CommandError("etcd runs: its data cannot be replaced")
        receive(system, archive.files(system, spec.snapshot))
        for path in (DATA, WORK):
            shutil.rmtree(system.path(path), ignore_errors=True)
        os.makedirs(system.path(ETCD), mode=0o700, exist_ok=True)
        archive.extract(system, spec.snapshot, DATABASE)
        host = f"[{spec.kubeadm.address}]" if ":" in spec.kubeadm.address else spec.kubeadm.address
        url = f"https://{host}:2380"
        system.run(
            ETCDUTL, "snapshot", "restore", DATABASE, "--data-dir", WORK,
            "--name", spec.kubeadm.node, "--initial-cluster", f"{spec.kubeadm.node}={url}",
            "--initial-advertise-peer-urls", url,
            # a member of before that is still somewhere is a stranger to it
            "--initial-cluster-token", f"restore-{spec.identity}",
            "--bump-revision", str(BUMP), "--mark-compacted", timeout=INIT_SECONDS,
        )  # fmt: skip
        os.rename(system.path(f"{WORK}/member"), system.path(DATA))
        shutil.rmtree(system.path(WORK), ignore_errors=True)
        system.remove(DATABASE)
        os.sync()
        self._marked(restoring.DATA)

    def _release(self) -> None:
        """kubeadm joins no node whose name is that of one that is ready, as the snapshot says."""
        condition = {
            "type": "Ready", "status": "Unknown", "reason": "ClusterRestored",
            "message": "joins anew after a restore",
        }  # fmt: skip
        patch = json.dumps({"status": {"conditions": [condition]}})
        for node in self.spec.others:
            if kubectl(self.system, "get", "node", node, check=False).status == 0:
                kubectl(self.system, "patch", "node", node, "--subresource=status", "-p", patch)
        self._marked(restoring.RESTORED)


class Finish(Phase):
    """On each control plane, once all are in the cluster again."""

    def observe(self) -> dict[str, Any]:
        return {**super().observe(), "member": self.system.exists(RECORD)}

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan, state = Plan(), seen["state"]
        if state in ("", restoring.FINISHED):
            return plan
        if state not in (restoring.RESET, restoring.RESTORED) or not seen["member"]:
            plan.refusals.append(
                Refusal("restore-cut", "this control plane is not back in its cluster",
                        "Run playbooks/cluster_restore.yml again")
            )  # fmt: skip
        plan.steps.append(
            Step("restore:finish", "the control plane is back",
                 lambda: self._marked(restoring.FINISHED, seen["identity"]),
                 before=state, after=restoring.FINISHED)
        )  # fmt: skip
        return plan

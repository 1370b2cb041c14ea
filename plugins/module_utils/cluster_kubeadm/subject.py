"""Membership as a subject of converge: init, join, and what is proven of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..converge import Check, Plan, Refusal, Step
from ..host_kernel.part import machine
from ..system import CommandError, Output, System
from . import api_server, restoring
from .config import DISCOVERY, SOCKET, for_discovery, for_init, for_join
from .paths import ADMIN, API_SERVER, KUBEADM, KUBECTL, NODE
from .spec import CONTROL_PLANE, Join, KubeadmSpec

#: Written last; with "joining" in it, or without it, a run of kubeadm was cut.
RECORD = "/var/lib/slipway/cluster.json"
CONFIG = "/run/slipway/kubeadm.json"
#: What a run that was cut leaves; kubeadm goes on from it.
LEFT = (
    "DirAvailable--var-lib-etcd",
    *(f"Port-{port}" for port in (6443, 10250, 10257, 10259, 2379, 2380)),
    *(
        f"FileAvailable--etc-kubernetes-{name}"
        for name in (
            "kubelet.conf", "bootstrap-kubelet.conf", "pki-ca.crt",
            "manifests-kube-apiserver.yaml", "manifests-kube-controller-manager.yaml",
            "manifests-kube-scheduler.yaml", "manifests-etcd.yaml",
        )
    ),
)  # fmt: skip
#: What kubectl says where another CA than its own has signed.
OTHER_CA = "certificate signed by unknown authority"
#: What it says where the cluster has no Node of that name.
UNKNOWN = "(NotFound)"
#: A node that was made anew still has its old self's Node, and it counts as ready for 40 s.
STALE = re.compile(r'and status "Ready" already exists')
#: Of a container runtime that has just been given its images, on a slow machine. It is one of the
#: checks before anything is changed.
BUSY = re.compile(r"\[ERROR CRI\].*DeadlineExceeded", re.DOTALL)
PASSING_SECONDS = 90
INIT_SECONDS = 600
JOIN_SECONDS = 600


class ClusterKubeadm:
    """A node of a cluster.

    init  whether this node may begin the cluster: only if no other control plane has.
    join  credentials; without them a node that has to join says so (``join_required``).
    """

    name = "cluster_kubeadm"

    def __init__(
        self, system: System, spec: KubeadmSpec, *, init: bool = False, join: Join | None = None
    ) -> None:
        self.system, self.spec, self.init, self.join = system, spec, init, join

    def observe(self) -> dict[str, Any]:
        try:
            record = json.loads(self.system.read(RECORD) or "{}")
        except ValueError:
            record = {}
        member = self.system.exists(NODE)
        said = self._asked() if member and record and not record.get("joining") else ""
        return {
            "cluster": record.get("cluster", ""),
            "role": record.get("role", ""),
            "done": member and bool(record) and not record.get("joining"),
            "joining": bool(record.get("joining")),
            "begun": member or self.system.exists(API_SERVER),
            "kubelet": self._kubelet() if member else "",
            # another cluster answers at the endpoint than the one that was joined
            "foreign": OTHER_CA in said and self.spec.role != CONTROL_PLANE,
            # as after a restore from before it had joined
            "unknown": UNKNOWN in said,
            "restoring": restoring.under_way(self.system),
        }

    def _asked(self) -> str:
        """What kubectl complains of when the node asks for itself; "" where it is known."""
        return self.system.run(
            KUBECTL, "--kubeconfig", NODE, "--server", f"https://{self.spec.endpoint}",
            "--request-timeout", "5s", "get", "node", self.spec.node, "--output", "name",
            check=False,
        ).stderr  # fmt: skip

    def _kubelet(self) -> str:
        return self.system.run("systemctl", "is-active", "kubelet", check=False).stdout.strip()

    def join_required(self, seen: dict[str, Any]) -> bool:
        return (not seen["done"] or seen["foreign"]) and not self.init

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        if seen["done"] and seen["foreign"]:
            # its cluster is no more: another one has its endpoint, and its name
            self._refuse_moves(seen, plan)
            if self.join:
                plan.steps += [self._reset("the cluster was begun anew"), self.join_step()]
        elif seen["done"]:
            self._refuse_moves(seen, plan)
            if seen["kubelet"] != "active":
                plan.steps.append(self._start())
            elif seen["unknown"]:
                plan.steps.append(self._register())
        elif self.init:
            if seen["restoring"]:
                plan.refusals.append(
                    Refusal("restore-cut", f"a restore of {seen['restoring']} is not finished",
                            "Run playbooks/cluster_restore.yml again; to begin an empty cluster "
                            f"instead remove {restoring.MARK} on all control planes")
                )  # fmt: skip
            plan.steps.append(self.init_step())
        else:
            if seen["joining"] and self.spec.role == CONTROL_PLANE:
                # takes its member out of etcd: kubeadm does not go on from half a member
                plan.steps.append(self._reset("a run that was cut"))
            if self.join:
                plan.steps.append(self.join_step())
        return plan  # without credentials the caller asks for them first

    def init_step(self) -> Step:
        # a virtual address may have to come here first, from a node that no longer serves
        return Step(
            "kubeadm:init", f"begin the cluster {self.spec.cluster}", self._do_init,
            self._serves, after=self.spec.endpoint, patience=60,
        )  # fmt: skip

    def join_step(self) -> Step:
        return Step(
            "kubeadm:join", f"join {self.spec.cluster} as {self.spec.role}",
            self._do_join, self._is_member, after=self.spec.endpoint, patience=60,
        )  # fmt: skip

    def _reset(self, why: str) -> Step:
        return Step(
            "kubeadm:reset", why, self._do_reset,
            lambda: "is still a node" if self.system.exists(NODE) else None,
            before="a node of what is no more", after="no node",
        )  # fmt: skip

    def _do_reset(self) -> None:
        self.system.run(KUBEADM, "reset", "--force", "--cri-socket", SOCKET, timeout=INIT_SECONDS)
        self.system.remove(RECORD)

    def _refuse_moves(self, seen: dict[str, Any], plan: Plan) -> None:
        for what, have, want in (
            ("cluster", seen["cluster"], self.spec.cluster),
            ("role", seen["role"], self.spec.role),
        ):
            if have != want:
                plan.refusals.append(
                    Refusal(
                        f"other-{what}",
                        f"this host is a node with the {what} {have}, the model says {want}",
                        "Drain and reset it first (kubeadm reset), or correct the model",
                    )
                )

    def _do_init(self) -> None:
        api_server.begin(self.system)
        self._run("init", for_init(self._going_on()), INIT_SECONDS, "--skip-phases=addon")
        self._remember()

    def _do_join(self) -> None:
        assert self.join
        if self.spec.role == CONTROL_PLANE:
            api_server.receive(self.system, dict(self.join.files))
        self._remember(joining=True)
        self.system.write_file(DISCOVERY, for_discovery(self.spec, self.join), 0o600)
        try:
            self._try_join(self.join)
        finally:
            self.system.remove(DISCOVERY)
        self._remember()

    def _try_join(self, join: Join) -> None:
        for attempt in range(PASSING_SECONDS // 5 + 1):
            try:
                self._run("join", for_join(self._going_on(), join), JOIN_SECONDS)
                return
            except CommandError as error:
                passing = any(cause.search(str(error)) for cause in (STALE, BUSY))
                if not passing or attempt == PASSING_SECONDS // 5:
                    raise
                self.system.sleep(5)

    def _going_on(self) -> KubeadmSpec:
        """The spec that also takes what a run which was cut has left."""
        left = LEFT if self.observe()["begun"] else ()
        return replace(self.spec, ignored_preflight=(*self.spec.ignored_preflight, *left))

    def _run(self, verb: str, config: str, seconds: float, *options: str) -> None:
        self.system.write_file(CONFIG, config, 0o600)
        try:
            done = self.system.run(
                KUBEADM, verb, "--config", CONFIG, *options, check=False, timeout=seconds
            )
        finally:
            self.system.remove(CONFIG)

        if done.status:
            raise CommandError(f"kubeadm {verb} failed ({done.status}): {_cause(done)}")

    def _remember(self, **more: bool) -> None:
        record = {"cluster": self.spec.cluster, "role": self.spec.role, "node": self.spec.node}
        record |= more
        self.system.write_file(RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")

    def _serves(self) -> str | None:
        done = self.system.run(KUBECTL, "--kubeconfig", ADMIN, "get", "--raw", "/readyz",
                               check=False)  # fmt: skip
        return None if done.stdout == "ok" else f"the API server is not ready: {done.stderr[-200:]}"

    def _is_member(self) -> str | None:
        done = self.system.run(KUBECTL, "--kubeconfig", NODE, "get", "node", self.spec.node,
                               "--output", "name", check=False)  # fmt: skip
        return None if done.status == 0 else f"not in the cluster yet: {done.stderr.strip()[-200:]}"

    def _start(self) -> Step:
        return Step(
            "service:kubelet", "it does not run",
            lambda: self.system.run("systemctl", "restart", "kubelet"),
            lambda: None if self._kubelet() == "active" else "journalctl -u kubelet",
            before="not active", after="active", patience=20,
        )  # fmt: skip

    def _register(self) -> Step:
        return Step(
            "service:kubelet", "the cluster does not know the node: kubelet says so as it starts",
            lambda: self.system.run("systemctl", "restart", "kubelet"), self._is_member,
            before="unknown to the cluster", after="a node of it", patience=60,
        )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> Sequence[Check]:
        source = machine(self.system)
        checks = [
            Check("node: in its cluster", seen["done"], self.spec.cluster, seen["cluster"] or None,
                  source, "kubeadm", "playbooks/clusters.yml --check"),
            Check("node: kubelet runs", seen["kubelet"] == "active", "active",
                  seen["kubelet"] or None, source, "service", "journalctl -u kubelet"),
        ]  # fmt: skip
        if self.spec.role == CONTROL_PLANE and seen["done"]:
            problem = self._serves()
            checks.append(
                Check("node: its API server answers", problem is None, "ok", problem or "ok",
                      source, "kubeadm", "crictl ps; journalctl -u kubelet")
            )  # fmt: skip
        return checks


def _cause(done: Output) -> str:
    """The checks that failed, or the last line that says anything."""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    checks = [line for line in lines if line.startswith("[ERROR")]
    said = [line for line in lines if not line.startswith(("To see the stack", "[preflight]"))]
    return "; ".join(checks) or (said[-1] if said else "no output")

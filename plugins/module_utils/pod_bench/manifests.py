"""The objects of a benchmark: a namespace, the agent, a Job for each node and each pair."""

from __future__ import annotations

import inspect
import json
from typing import Any

from . import agent
from .settings import Settings

NAMESPACE = "slipway-verify"
NETWORKS = "k8s.v1.cni.cncf.io/networks"
RESOURCE = "rdma/"
#: Nodes behind which another site is: their pods would measure the way there.
VIRTUAL = "virtual-kubelet.io/provider"

Object = dict[str, Any]


class Node:
    """A node as the API shows it: its fabrics that are up, and those with RDMA."""

    def __init__(self, thing: Object) -> None:
        meta, status = thing["metadata"], thing.get("status", {})
        self.name: str = meta["name"]
        prefix = "fabric.slipway/"
        labels = meta.get("labels", {})
        self.fabrics = sorted(
            key.removeprefix(prefix) for key, value in labels.items()
            if key.startswith(prefix) and value == "up"
        )  # fmt: skip
        offered = status.get("allocatable", {})
        self.rdma = [f for f in self.fabrics if int(offered.get(RESOURCE + f, "0")) > 0]
        closed = thing.get("spec", {}).get("unschedulable") or VIRTUAL in labels
        self.ready = not closed and any(
            c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", ())
        )

    def interfaces(self) -> dict[str, str]:
        """{network: interface in a pod}, as Multus numbers them."""
        return {"pods": "eth0", **{f: f"net{n}" for n, f in enumerate(self.fabrics, 1)}}


def base(settings: Settings) -> list[Object]:
    level = "privileged" if settings.privileged else "baseline"
    meta = {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": level}}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": meta},
        {
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "agent", "namespace": NAMESPACE},
            "data": {"agent.py": inspect.getsource(agent)},
        },
    ]  # fmt: skip


def job(name: str, node: Node, settings: Settings, plan: Object | None) -> Object:
    """A Job on a node: it serves, or with a *plan* measures. It ends by itself."""
    rdma = {RESOURCE + fabric: "1" for fabric in node.rdma}
    container: Object = {
        "name": "agent", "image": settings.image, "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "/agent/agent.py", "measure" if plan else "serve"],
        "volumeMounts": [{"name": "agent", "mountPath": "/agent", "readOnly": True}],
    }  # fmt: skip
    if plan:
        container["env"] = [{"name": "PLAN", "value": json.dumps(plan)}]
    if rdma:
        container["resources"] = {"limits": rdma, "requests": rdma}
    if rdma and settings.privileged:
        container["securityContext"] = {"privileged": True}
    annotations = {}
    if node.fabrics:
        annotations[NETWORKS] = ", ".join(f"fabrics/{fabric}" for fabric in node.fabrics)
    return {
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "backoffLimit": 0,
            # also without anybody who ends it
            "activeDeadlineSeconds": settings.timeout if plan else 86_400,
            "ttlSecondsAfterFinished": 600,
            "template": {
                "metadata": {"annotations": annotations},
                "spec": {
                    "restartPolicy": "Never",
                    "terminationGracePeriodSeconds": 1,
                    "automountServiceAccountToken": False,
                    "nodeSelector": {"kubernetes.io/hostname": node.name},
                    "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
                    "containers": [container],
                    "volumes": [{"name": "agent", "configMap": {"name": "agent"}}],
                },
            },
        },
    }  # fmt: skip

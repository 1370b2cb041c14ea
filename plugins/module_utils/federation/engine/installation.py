"""What of Admiralty's chart the kit installs, and what it adds: pure, plain manifests.

Left out: cert-manager's objects (the kit makes the webhook's certificate), hooks, the restarter
(the kit's runs change links, and a change rolls the engine out), and roles that a peer or the
engine would have in the whole cluster (the kit binds narrower ones by namespace).
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..manifest import manifest
from .admiralty import ACCOUNT, GROUP, NAMESPACE

Manifest = dict[str, Any]

#: By the end of their names.
_LEFT_OUT = ("-restarter", "-source", "-cluster-summary-viewer")
_CLUSTER_WIDE = ("ClusterRole", "ClusterRoleBinding", "MutatingWebhookConfiguration")
_WITH_TOKENS = ("controller-manager", "proxy-scheduler")
#: Component → which of its images it runs.
IMAGES = {
    "controller-manager": "agent", "proxy-scheduler": "scheduler",
    "candidate-scheduler": "scheduler",
}  # fmt: skip
MOUNT = "/var/run/secrets/slipway"
CERTIFICATE = {
    "namespace": NAMESPACE, "secret": f"{ACCOUNT}-cert", "names": [f"{ACCOUNT}.{NAMESPACE}.svc"],
}  # fmt: skip
_USER = 65532
#: A change of it starts the pods anew: the engine reads its links only then.
_LINKS = "slipway/links"


def values(cluster: str, replicas: int) -> dict[str, Any]:
    """The chart's values. *cluster* has to be unique among all that are linked."""
    counts = {name: {"replicas": replicas} for name in ("controllerManager", "scheduler")}
    return {"clusterName": cluster, "sourceController": {"enabled": False}, **counts}


def definitions(rendered: Iterable[Manifest]) -> list[Manifest]:
    """The chart's resource definitions."""
    return [copy.deepcopy(x) for x in rendered if x["kind"] == "CustomResourceDefinition"]


def home() -> Manifest:
    """Its namespace. It comes with the definitions: tokens are in it before the engine starts."""
    level = {
        f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")
    }
    return manifest("v1", "Namespace", NAMESPACE, labels=level)


def objects(
    rendered: Iterable[Manifest], *, images: Mapping[str, str], control_planes: Sequence[str],
    token_volume: Mapping[str, Any], conditions: Sequence[Mapping[str, Any]],
    links: Sequence[Mapping[str, Any]],
) -> list[Manifest]:  # fmt: skip
    """All but the definitions, the namespace and the certificate.

    images          by ``agent`` and ``scheduler``.
    control_planes  addresses that may reach the webhook and the virtual kubelet, which ask
                    nobody for a name.
    conditions      of the webhook. links: objects that the engine reads at its start.
    """
    kept = [copy.deepcopy(thing) for thing in rendered if _wanted(thing)]
    mark = hashlib.sha256(json.dumps(list(links), sort_keys=True).encode()).hexdigest()[:16]
    single = any(x["kind"] == "Deployment" and x["spec"].get("replicas") == 1 for x in kept)
    for thing in kept:
        if thing["kind"] not in _CLUSTER_WIDE:
            thing["metadata"].setdefault("namespace", NAMESPACE)
        if thing["kind"] == "Deployment":
            _deployment(thing, images, token_volume, mark)
        if thing["kind"] == "MutatingWebhookConfiguration":
            thing["metadata"].pop("annotations", None)
            for webhook in thing["webhooks"]:
                webhook["matchConditions"] = [dict(each) for each in conditions]
    if single:  # a budget for one pod would only hold up drains
        kept = [thing for thing in kept if thing["kind"] != "PodDisruptionBudget"]
    return [*_reader(), _network_policy(control_planes), *kept]


def _reader() -> list[Manifest]:
    """What it reads at its start; in the chart that is a part of the restarter's role."""
    api, name = "rbac.authorization.k8s.io", "slipway:federation-engine"
    links = {
        "apiGroups": [GROUP], "resources": ["clustertargets", "targets"],
        "verbs": ["get", "list", "watch"],
    }  # fmt: skip
    account = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}
    return [
        manifest(f"{api}/v1", "ClusterRole", name, rules=[links]),
        manifest(
            f"{api}/v1", "ClusterRoleBinding", name, subjects=[account],
            roleRef={"apiGroup": api, "kind": "ClusterRole", "name": name},
        ),
    ]  # fmt: skip


def _wanted(thing: Manifest) -> bool:
    meta = thing["metadata"]
    if thing["kind"] == "CustomResourceDefinition" or "cert-manager.io" in thing["apiVersion"]:
        return False
    if any(key.startswith("helm.sh/hook") for key in meta.get("annotations") or {}):
        return False
    return not meta["name"].endswith(_LEFT_OUT)


def _deployment(
    thing: Manifest, images: Mapping[str, str], token_volume: Mapping[str, Any], mark: str
) -> None:
    pod = thing["spec"]["template"]
    component = pod["metadata"]["labels"]["component"]
    spec, container = pod["spec"], pod["spec"]["containers"][0]
    if component in IMAGES:
        container["image"] = images[IMAGES[component]]
    spec["securityContext"] = {
        "runAsNonRoot": True, "runAsUser": _USER, "fsGroup": _USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    container["securityContext"] = {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    container.setdefault("resources", {}).setdefault("requests", {"cpu": "20m", "memory": "64Mi"})
    if component not in _WITH_TOKENS:
        return
    pod["metadata"].setdefault("annotations", {})[_LINKS] = mark
    if token_volume["projected"]["sources"]:
        spec.setdefault("volumes", []).append(copy.deepcopy(dict(token_volume)))
        mount = {"name": token_volume["name"], "mountPath": MOUNT, "readOnly": True}
        container.setdefault("volumeMounts", []).append(mount)


def _network_policy(control_planes: Sequence[str]) -> Manifest:
    sources = [
        {"ipBlock": {"cidr": f"{address}/{128 if ':' in address else 32}"}}
        for address in control_planes
    ]
    ports = [{"protocol": "TCP", "port": port} for port in (9443, 10250)]
    return manifest(
        "networking.k8s.io/v1", "NetworkPolicy", "slipway-federation-engine", NAMESPACE,
        spec={
            "podSelector": {}, "policyTypes": ["Ingress"],
            "ingress": [{"from": sources, "ports": ports}],
        },
    )  # fmt: skip

"""kubeadm's own manifests as data, so that they are kept as they are and not only once."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..kube_api import KUBECTL, Object
from ..system import System
from .spec import AddonsSpec

KUBEADM = "/usr/local/bin/kubeadm"
CONFIG = "/run/slipway/addons.json"
#: Pods start anew when their configuration changes.
HASH = "slipway/configuration"
#: Label of nodes that stand for another cluster.
VIRTUAL = "virtual-kubelet.io/provider"


def manifests(system: System, spec: AddonsSpec, addon: str, server: str) -> list[Object]:
    """Objects of an addon; *server*: URL of the API server for all nodes.

    Raises CommandError where kubeadm or kubectl fails.
    """
    system.write_file(CONFIG, config(spec, server), 0o600)
    try:
        phase = ("init", "phase", "addon", addon, "--print-manifest", "--config", CONFIG)
        printed = system.run(KUBEADM, *phase).stdout
    finally:
        system.remove(CONFIG)
    # the host has no YAML parser but this one; nothing is asked of the cluster
    local = ("patch", "--local", "--type", "merge", "--patch", "{}", "--output", "json")
    objects = documents(system.run(KUBECTL, *local, "-f", "-", stdin=printed).stdout)
    return [on_machines(with_hash(thing, objects)) for thing in objects]


def config(spec: AddonsSpec, server: str) -> str:
    """kubeadm's configuration, as JSON documents, which are YAML."""
    cluster = {
        "apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "ClusterConfiguration",
        "clusterName": spec.cluster, "kubernetesVersion": f"v{spec.version}",
        "controlPlaneEndpoint": server.removeprefix("https://"),
        "networking": {"podSubnet": spec.pod_subnet, "serviceSubnet": spec.service_subnet},
    }  # fmt: skip
    if spec.image_repository:
        cluster["imageRepository"] = spec.image_repository
    proxy = {
        **spec.kube_proxy,
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
    }  # fmt: skip
    return "---\n".join(json.dumps(each, indent=1) + "\n" for each in (cluster, proxy))


def documents(text: str) -> list[Object]:
    """JSON values one after another."""
    decoder, found, at = json.JSONDecoder(), [], 0
    text = text.strip()
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


def on_machines(thing: Object) -> Object:
    """Pods of every node are not of nodes that are another cluster: there they would never run."""
    if thing["kind"] == "DaemonSet":
        real = {"key": VIRTUAL, "operator": "DoesNotExist"}
        terms = {"nodeSelectorTerms": [{"matchExpressions": [real]}]}
        affinity = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
        thing["spec"]["template"]["spec"]["affinity"] = {"nodeAffinity": affinity}
    return thing


def with_hash(thing: Object, objects: list[Object]) -> Object:
    """A workload that names its config maps' content in its pods' template."""
    template: dict[str, Any] | None = thing.get("spec", {}).get("template")
    if thing["kind"] not in ("Deployment", "DaemonSet") or template is None:
        return thing
    used = {v["configMap"]["name"] for v in template["spec"].get("volumes", ()) if "configMap" in v}
    maps = [each["data"] for each in objects if each["kind"] == "ConfigMap"
            and each["metadata"]["name"] in used]  # fmt: skip
    digest = hashlib.sha256(json.dumps(maps, sort_keys=True).encode()).hexdigest()[:16]
    meta = template.setdefault("metadata", {})
    meta["annotations"] = {**meta.get("annotations", {}), HASH: digest}
    return thing

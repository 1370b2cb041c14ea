"""Whether the engine runs in one's own cluster, and has what a link needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..cluster_objects.workload import unready
from ..federation.engine import engine
from ..federation.source import TOKENS, token_path
from ..kube_api import Object
from .findings import Broken
from .own import Own

INSTALL = "Install the engine again"


class Running:
    """The engine's own pods. *own*: the cluster that they are in."""

    def __init__(self, own: Own) -> None:
        self.own, self.engine = own, engine()

    def workloads(self) -> list[Object]:
        return self.own.api.list("apps/v1", "Deployment", self.engine.home)

    def nodes_of_its_pods(self) -> list[str]:
        found = self.own.api.list("v1", "Pod", self.engine.home)
        return sorted({each["spec"]["nodeName"] for each in found if "nodeName" in each["spec"]})

    def works(self) -> str | Broken:
        """All of its Deployments have what they ask for, which is at least one pod."""
        found = self.workloads()
        if not found:
            return self._broken(f"nothing of it is in namespace {self.engine.home}", INSTALL)
        for each in found:
            name = each["metadata"]["name"]
            if not each["spec"].get("replicas", 1):
                return self._broken(
                    f"{name} is scaled to 0",
                    f"kubectl scale -n {self.engine.home} deployment/{name} --replicas 1",
                )
            # what is listed does not say its kind
            problem = unready({**each, "kind": "Deployment"})
            if problem:
                return self._broken(
                    f"{name}: {problem}",
                    f"kubectl describe pods -n {self.engine.home}; "
                    f"kubectl logs -n {self.engine.home} deployment/{name}",
                )
        return f"{len(found)} Deployments are ready"

    def token_volume(self, link: str, audience: str, secret: str = "") -> str | Broken:
        """Some pod of it mounts this link's token where the kubeconfig looks for it."""
        for each in self.workloads():
            template = each["spec"]["template"]["spec"]
            for volume in template.get("volumes", ()):
                if _projects(volume, link, audience, secret) and _mounted(template, volume["name"]):
                    return f"the token of {link} is mounted"
        return self._broken(
            f"no pod of the engine mounts {f'Secret {secret}' if secret else 'a token'} for "
            f"{audience} at {TOKENS}/{token_path(link)}",
            "Give its agent and its scheduler the volume that the filter federation_cluster "
            "gives as token_volume",
        )

    def webhook(self) -> str | Broken:
        """Pods of namespaces that take part are shown to the engine."""
        key = self.engine.namespace_label[0]
        kind = ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration")
        for each in self.own.api.list(*kind):
            for hook in each.get("webhooks", ()):
                if key in hook.get("namespaceSelector", {}).get("matchLabels", {}):
                    return self._served(hook)
        return self._broken("pods are not shown to it: its webhook is missing", INSTALL, "webhook")

    def _served(self, hook: Object) -> str | Broken:
        service = hook["clientConfig"].get("service")
        if not service:
            return "pods are shown to it"
        where = f"kubernetes.io/service-name={service['name']}"
        slices = self.own.api.list(
            "discovery.k8s.io/v1", "EndpointSlice", service["namespace"], f"labelSelector={where}"
        )
        if not any(
            point.get("conditions", {}).get("ready")
            for each in slices
            for point in each.get("endpoints") or ()
        ):
            return self._broken(
                f"no pod is behind its webhook's service {service['namespace']}/{service['name']}",
                INSTALL, "webhook",
            )  # fmt: skip
        return "pods are shown to it"

    def nodes(self, link: str, namespaces: Sequence[str]) -> str | Broken:
        """The virtual nodes by which pods leave. That one is Ready says nothing of the target."""
        found = {}
        for node in self.own.api.list("v1", "Node"):
            labels = node["metadata"].get("labels", {})
            found[tuple(labels.get(key) for key in self.engine.stands_for)] = node
        look = f"kubectl logs -n {self.engine.home} -l component=controller-manager"
        for namespace in namespaces:
            live = found.get((namespace, link))
            if live is None:
                seen = f"namespace {namespace} has no virtual node"
                return self._broken(seen, look, "virtual node")
            if not is_true(live, "Ready"):
                name = live["metadata"]["name"]
                return self._broken(f"virtual node {name} is not ready", look, "virtual node")
        return f"virtual nodes of {link} are there"

    def _broken(self, seen: str, do: str, step: str = "") -> Broken:
        return Broken(seen, self.own.side, do, step)


def is_true(thing: Object, kind: str) -> bool:
    """Whether the object's status has that condition."""
    found: Iterable[Any] = thing.get("status", {}).get("conditions", ())
    return any(each["type"] == kind and each["status"] == "True" for each in found)


def _projects(volume: Object, link: str, audience: str, secret: str) -> bool:
    if secret:
        return any(
            each["secret"].get("name") == secret
            for each in volume.get("projected", {}).get("sources", ())
            if "secret" in each
        )
    return any(
        token.get("audience") == audience and token.get("path") == token_path(link)
        for each in volume.get("projected", {}).get("sources", ())
        if (token := each.get("serviceAccountToken"))
    )


def _mounted(template: Object, volume: str) -> bool:
    return any(
        mount["name"] == volume and mount["mountPath"].rstrip("/") == TOKENS
        for container in template["containers"]
        for mount in container.get("volumeMounts", ())
    )

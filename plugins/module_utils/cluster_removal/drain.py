"""Pods leave a node by the eviction API, which keeps to their disruption budgets."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from ..kube_api import Api, ApiError, Object, Reference

BETWEEN = 2.0


def reference(node: str) -> Reference:
    return Reference("v1", "Node", "", node)


def cordon(api: Api, node: str, *, closed: bool = True) -> None:
    """Whether new pods come to the node."""
    api.merge(reference(node), {"spec": {"unschedulable": closed or None}})


def ready(node: Object) -> bool:
    """Whether the node's kubelet says that it is ready."""
    conditions = node.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def leaving(api: Api, node: str) -> list[Object]:
    """Pods that have to leave: not those of the node itself, of DaemonSets, or that have ended."""
    query = f"fieldSelector={quote(f'spec.nodeName={node}')}"
    return [
        pod
        for pod in api.list("v1", "Pod", query=query)
        if pod["spec"].get("nodeName") == node
        and "kubernetes.io/config.mirror" not in pod["metadata"].get("annotations", {})
        and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")
        and (owner(pod) or {}).get("kind") != "DaemonSet"
    ]


def owner(pod: Object) -> Object | None:
    """Who brings the pod back on another node; None if nobody does."""
    owners = pod["metadata"].get("ownerReferences", ())
    return next((each for each in owners if each.get("controller")), None)


def name(pod: Object) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def drain(api: Api, node: str, seconds: float, sleep: Callable[[float], None]) -> None:
    """Evict until none is left. ApiError names those that stay, and what keeps them."""
    left = seconds
    while pods := leaving(api, node):
        kept = {name(pod): _evict(api, pod) for pod in pods}
        if left <= 0:
            said = "; ".join(f"{each}: {why}" for each, why in kept.items())
            raise ApiError(f"not drained within {seconds:g} s, {said}. The node stays cordoned")
        sleep(BETWEEN)
        left -= BETWEEN


def _evict(api: Api, pod: Object) -> str:
    """Ask for the pod's end; why it is still there."""
    meta = pod["metadata"]
    if "deletionTimestamp" in meta:
        return "is ending"
    place = f"/api/v1/namespaces/{meta['namespace']}/pods/{quote(meta['name'])}/eviction"
    body = {
        "apiVersion": "policy/v1", "kind": "Eviction",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"]},
    }  # fmt: skip
    try:
        api.request("POST", place, body)
    except ApiError as error:
        if error.status == 429:
            return str(error)
        if error.status != 404:
            raise
    return "is ending"

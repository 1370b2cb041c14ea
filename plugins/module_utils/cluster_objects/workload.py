"""Whether a workload is ready, from its own status, and why its pods are not."""

from __future__ import annotations

from ..kube_api import Api, ApiError, Object


def unready(thing: Object) -> str | None:
    """What is not ready of a Deployment, DaemonSet or Job; None for all other kinds."""
    status, kind = thing.get("status", {}), thing["kind"]
    if kind not in ("Deployment", "DaemonSet", "Job"):
        return None
    if kind == "Job":
        done = [c["type"] for c in status.get("conditions", ()) if c["status"] == "True"]
        return None if "Complete" in done else ", ".join(done) or "has not ended"
    if status.get("observedGeneration", 0) < thing["metadata"].get("generation", 0):
        return "its controller has not seen it yet"
    if kind == "Deployment":
        wanted, ready = thing["spec"].get("replicas", 1), status.get("readyReplicas", 0)
        updated = status.get("updatedReplicas", 0)
    else:
        wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
        updated = status.get("updatedNumberScheduled", 0)
    if min(ready, updated) >= wanted:
        return None
    return f"{min(ready, updated)} of {wanted} pods are ready"


def trouble(api: Api, thing: Object) -> str:
    """What the first container of a workload's pods says that does not start; "" if none does."""
    labels = thing["spec"].get("selector", {}).get("matchLabels") or {}
    if not labels:
        return ""
    meta, query = thing["metadata"], ",".join(f"{key}%3D{value}" for key, value in labels.items())
    for pod in api.list("v1", "Pod", meta["namespace"], f"labelSelector={query}"):
        status, name = pod.get("status", {}), pod["metadata"]["name"]
        for each in [
            *status.get("initContainerStatuses", ()),
            *status.get("containerStatuses", ()),
        ]:
            waits = each.get("state", {}).get("waiting")
            if waits and waits.get("reason") not in ("ContainerCreating", "PodInitializing"):
                said = _last_words(api, meta["namespace"], name, each) or waits.get("message", "")
                return f"pod {name}, container {each['name']}: {waits.get('reason')}: {said}"
        for each in status.get("conditions", ()):
            if each.get("reason") == "Unschedulable":
                return f"pod {name}: {each['message']}"
    return ""


def _last_words(api: Api, namespace: str, pod: str, container: Object) -> str:
    """The last line of the log of a container that ended with an error."""
    if "terminated" not in container.get("lastState", {}):
        return ""
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
    try:
        text = api.text(f"{path}?container={container['name']}&previous=true&tailLines=1")
    except ApiError:
        return ""
    return text.strip()[-300:]

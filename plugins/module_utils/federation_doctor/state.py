"""What a pod's own status, its events and a refusal's message say. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..cluster_network.fabric_program import PREFIX
from ..kube_api import Object
from .findings import OWNER, Broken

_IMAGE = (
    "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
    "ImageInspectError", "RegistryUnavailable",
)  # fmt: skip
_CONFIGURATION = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")


def refused(message: str, side: str) -> Broken:
    """Why an API server does not make a pod. *side* of that cluster."""
    if "exceeded quota" in message or "failed quota" in message:
        return Broken(message, side, "Ask for less, wait for pods to end, or have the quota raised",
                      "quota")  # fmt: skip
    if "being terminated" in message or 'namespaces "' in message:
        return Broken(message, side, "Make the namespace again once it is gone", "namespace")
    if "failed calling webhook" in message:
        return Broken(message, side, "Start what serves that webhook: kubectl get pods -A",
                      "webhook")  # fmt: skip
    return Broken(message, OWNER, "Change the pod as the message says", "admission")


def gone_wrong(
    pod: Object, side: str, events: Sequence[Object] = (), nodes: Sequence[Object] | None = None
) -> Broken | None:
    """The first thing that keeps *pod* from running; None where it runs or has ended well.

    side    of its cluster. nodes: of the cluster, where they may be asked for.
    """
    status = pod.get("status", {})
    if status.get("phase") == "Succeeded":
        return None
    if status.get("phase") == "Failed":
        seen = f"{status.get('reason', 'failed')}: {status.get('message') or _ended(status)}"
        return Broken(seen, OWNER, "See its log", "program")
    return (
        _scheduling(pod, side, nodes)
        or _containers(status, side)
        or _events(events, side)
        or _readiness(status)
    )


def _scheduling(pod: Object, side: str, nodes: Sequence[Object] | None) -> Broken | None:
    if pod["spec"].get("nodeName"):
        return None
    condition = _condition(pod, "PodScheduled")
    if condition is None:
        name = pod["spec"].get("schedulerName", "default-scheduler")
        return Broken(f"no scheduler has looked at it; it asks for {name}", side,
                      f"Start {name}", "scheduler")  # fmt: skip
    if condition["status"] == "True":
        return None
    message = condition.get("message") or condition.get("reason", "")
    if condition.get("reason") == "SchedulingGated":
        gates = ", ".join(gate["name"] for gate in pod["spec"].get("schedulingGates", ()))
        return Broken(f"waits for {gates}", OWNER, "Who set these gates takes them away", "gates")
    down = _fabrics(pod, nodes or ())
    if down:
        return Broken(down, side, "See ip link and journalctl -u slipway-fabrics on these nodes",
                      "fabric")  # fmt: skip
    if "node affinity/selector" in message and "Insufficient" not in message:
        wanted = ", ".join(f"{k}={v}" for k, v in pod["spec"].get("nodeSelector", {}).items())
        asked = f"; it asks for {wanted}" if wanted else ""
        return Broken(message + asked, OWNER, "Ask for labels that nodes have, or have the nodes "
                      "labelled (site_clusters)", "scheduling")  # fmt: skip
    return Broken(message, side, "Free what is lacking, or ask for less", "scheduling")


def _fabrics(pod: Object, nodes: Sequence[Object]) -> str:
    """The fabric that *pod* asks for and that is up on no node."""
    for key, value in pod["spec"].get("nodeSelector", {}).items():
        having = [node for node in nodes if key in node["metadata"].get("labels", {})]
        if not key.startswith(PREFIX) or not nodes:
            continue
        if any(node["metadata"]["labels"][key] == value for node in having):
            continue
        told = [_fabric_of(node, key) for node in having]
        return f"fabric {key.removeprefix(PREFIX)} is up on no node: " + (
            "; ".join(told) or "no node has it"
        )
    return ""


def _fabric_of(node: Object, key: str) -> str:
    condition = _condition(node, key) or {}
    return f"{node['metadata']['name']}: {condition.get('message') or 'down'}"


def _containers(status: Mapping[str, Any], side: str) -> Broken | None:
    every = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    for each in every:
        waiting = each.get("state", {}).get("waiting", {})
        reason, message = waiting.get("reason", ""), waiting.get("message", "")
        seen = f"container {each['name']}: {reason}: {message}".rstrip(": ")
        if reason in _IMAGE:
            wrong = reason == "InvalidImageName" or "not found" in message
            return Broken(f"{seen} (image {each.get('image', '')})", OWNER if wrong else side,
                          "Name an image that is in a registry which the cluster's nodes reach",
                          "image")  # fmt: skip
        if reason in _CONFIGURATION:
            return Broken(seen, OWNER, "Make what it names, or correct the pod", "configuration")
        if reason == "CrashLoopBackOff":
            return Broken(f"{seen}; {_ended(status)}", OWNER, "See its log: kubectl logs "
                          "--previous", "program")  # fmt: skip
    return None


def _ended(status: Mapping[str, Any]) -> str:
    """How a container last ended."""
    for each in status.get("containerStatuses", ()):
        for state in (each.get("state", {}), each.get("lastState", {})):
            if "terminated" in state:
                end = state["terminated"]
                return f"{each['name']} ended with {end.get('exitCode')}: {end.get('reason', '')}"
    return "no container says why"


def _events(events: Sequence[Object], side: str) -> Broken | None:
    for event in sorted(events, key=_when, reverse=True):
        reason, message = event.get("reason", ""), event.get("message", "")
        if reason in ("FailedMount", "FailedAttachVolume"):
            return Broken(message, OWNER, "Make what the volume names", "volumes")
        if reason == "FailedCreatePodSandBox":
            step = "fabric" if "fabric" in message else "pod network"
            return Broken(message, side, "See the node's CNI: journalctl -u containerd", step)
    return None


def _when(event: Object) -> str:
    return event.get("lastTimestamp") or event["metadata"].get("creationTimestamp") or ""


def _readiness(status: Mapping[str, Any]) -> Broken | None:
    unready = [each["name"] for each in status.get("containerStatuses", ()) if not each["ready"]]
    if status.get("phase") == "Running" and not unready:
        return None
    if unready and status.get("phase") == "Running":
        return Broken(f"container {', '.join(unready)} runs and is not ready", OWNER,
                      "See its readiness probe and its log", "readiness")  # fmt: skip
    return None


def _condition(thing: Object, kind: str) -> Any:
    for each in thing.get("status", {}).get("conditions", ()):
        if each["type"] == kind:
            return each
    return None

"""Whether a workload is ready, from its own status."""

from __future__ import annotations

from ..kube_api import Object


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

"""Why a pod waits or is not made, at home, on its way and in the target; all from stand-ins."""

from __future__ import annotations

import pytest
from ansible.module_utils.federation_doctor import SpecError
from ansible.module_utils.kube_api import ApiError
from fakes.doctor import GROUP, UP, Site

READY = {"phase": "Running", "conditions": UP, "containerStatuses": [{"name": "c", "ready": True}]}


def pod(name="p", uid="u", spec=None, status=None, **meta):
    if "containerStatuses" in (status or {}):
        spec = {"nodeName": "n", **(spec or {})}
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shared", "uid": uid, **meta},
        "spec": {"containers": [{"name": "c"}], **(spec or {})},
        "status": {"phase": "Pending", **(status or {})},
    }  # fmt: skip


def unscheduled(message, reason="Unschedulable"):
    condition = {"type": "PodScheduled", "status": "False", "reason": reason, "message": message}
    return {"conditions": [condition]}


def waiting(reason, message=""):
    state = {"waiting": {"reason": reason, "message": message}}
    return {"containerStatuses": [{"name": "c", "ready": False, "image": "i", "state": state}]}


def node(name, fabric):
    key = "fabric.slipway/rdma"
    return {
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {key: fabric}},
        "status": {"conditions": [*UP, {"type": key, "status": "False", "message": "no carrier"}]},
    }  # fmt: skip


def event(reason, message, uid="u", when="2026-01-01T00:00:00Z"):
    return {
        "apiVersion": "v1", "kind": "Event", "reason": reason, "message": message,
        "metadata": {"name": f"{reason}-{when}-{uid}", "namespace": "shared"},
        "involvedObject": {"uid": uid}, "lastTimestamp": when,
    }  # fmt: skip


FABRIC = {"nodeSelector": {"fabric.slipway/rdma": "up"}}
ELECT = {"multicluster.admiralty.io/elect": ""}
HOME = [
    ("scheduling", "source", pod(status=unscheduled("0/1 nodes: 1 Insufficient cpu."))),
    ("scheduling", "owner", pod(spec={"nodeSelector": {"a": "b"}}, status=unscheduled(
        "0/1 nodes: didn't match Pod's node affinity/selector."))),
    ("scheduler", "source", pod(spec={"schedulerName": "mine"})),
    ("gates", "owner", pod(spec={"schedulingGates": [{"name": "g"}]},
                           status=unscheduled("", "SchedulingGated"))),
    ("image", "source", pod(status=waiting("ImagePullBackOff", "dial tcp: i/o timeout"))),
    ("image", "owner", pod(status=waiting("ErrImagePull", "registry/x:1: not found"))),
    ("image", "owner", pod(status=waiting("InvalidImageName"))),
    ("configuration", "owner", pod(status=waiting("CreateContainerConfigError", "no secret"))),
    ("program", "owner", pod(status=waiting("CrashLoopBackOff"))),
    ("program", "owner", pod(status={"phase": "Failed", "reason": "Evicted"})),
    ("readiness", "owner", pod(status={**READY, "containerStatuses": [
        {"name": "c", "ready": False}]})),
    ("node", "source", pod(spec={"nodeName": "gone"})),
    ("webhook", "source", pod(annotations=ELECT)),
]  # fmt: skip


@pytest.mark.parametrize(("step", "side", "thing"), HOME)
def test_a_pod_at_home(step, side, thing):
    site = Site("alpha")
    site.api.put(thing, node("n", "up"))
    assert site.why("shared/p") == (step, side), site.last


def test_pods_that_run_have_nothing_broken():
    site = Site("alpha")
    ended = pod("q", "v", status={"phase": "Succeeded"})
    away = pod("r", "w", {"schedulerName": "admiralty-proxy"}, READY)
    site.api.put(pod(status=READY), ended, away, node("n", "up"))
    assert [site.why(f"shared/{name}") for name in "pqr"] == [None] * 3


def test_a_fabric_that_is_down_is_named_with_its_nodes():
    site = Site("alpha")
    site.api.put(pod(spec=FABRIC, status=unscheduled("didn't match Pod's node affinity/selector")))
    site.api.put(node("n1", "down"))
    assert site.why("shared/p") == ("fabric", "source")
    assert "n1: no carrier" in site.last["seen"]
    site.api.put(node("n2", "up"))
    assert site.why("shared/p") == ("scheduling", "owner")


@pytest.mark.parametrize(
    ("reason", "message", "step"),
    [
        ("FailedMount", "secret x not found", "volumes"),
        ("FailedCreatePodSandBox", "fabric rdma: interface is down", "fabric"),
        ("FailedCreatePodSandBox", "no address is free", "pod network"),
    ],
)
def test_a_pod_whose_events_say_why(reason, message, step):
    site = Site("alpha")
    site.api.put(node("n", "up"), pod(spec={"nodeName": "n"}), event(reason, message))
    assert site.why("shared/p")[0] == step


def test_what_is_not_there():
    site = Site("alpha")
    assert site.why("nowhere/p") == ("namespace", "source")
    assert site.why("shared/p") == ("made", "owner")
    for name in ("shared", "shared/", "/p", "a/b/c"):
        with pytest.raises(SpecError):
            site.doctor().pod(name)


# workloads


def workload(kind="Deployment", api="apps/v1", uid="d", owner=None, **spec):
    owners = {"ownerReferences": [{"uid": owner}]} if owner else {}
    return {
        "apiVersion": api, "kind": kind, "spec": {"replicas": 1, **spec}, "status": {},
        "metadata": {"name": f"w-{uid}", "namespace": "shared", "uid": uid, **owners},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("message", "step", "side"),
    [
        ("pods x is forbidden: exceeded quota: slipway", "quota", "source"),
        ("pods x is forbidden: violates PodSecurity restricted", "admission", "owner"),
        ("ValidatingAdmissionPolicy x denied request: spec.volumes[].image would be lost",
         "admission", "owner"),
        ("failed calling webhook x: connection refused", "webhook", "source"),
        ("namespace shared because it is being terminated", "namespace", "source"),
    ],
)  # fmt: skip
def test_a_workload_whose_pods_are_refused(message, step, side):
    site = Site("alpha")
    site.api.put(workload(), workload("ReplicaSet", uid="r", owner="d"))
    site.api.put(event("FailedCreate", "an older one", "r", "2025-01-01T00:00:00Z"))
    site.api.put(event("FailedCreate", message, "r"))
    assert site.why("shared/w-d") == (step, side)


def test_a_workload_is_judged_by_its_pod_that_waits():
    site = Site("alpha")
    site.api.put(workload("StatefulSet"))
    owner = [{"uid": "d"}]
    site.api.put(pod("a", "1", status=READY, ownerReferences=owner))
    assert site.why("shared/w-d") is None
    site.api.put(pod("b", "2", status=waiting("ImagePullBackOff"), ownerReferences=owner))
    site.api.put(node("n", "up"))
    assert site.why("shared/w-d") == ("image", "source")


def test_a_workload_without_pods_and_without_a_reason():
    site = Site("alpha")
    site.api.put(workload("Job", "batch/v1"))
    assert site.why("shared/w-d") == ("made", "source")
    site.api.put(workload("StatefulSet", uid="s", replicas=0))
    assert site.why("shared/w-s") is None


# pods that leave


def leaving(**more):
    site = Site("alpha")
    site.api.put(pod(spec={"schedulerName": "admiralty-proxy", **more},
                     status=unscheduled("0/2 nodes are available")))  # fmt: skip
    return site


def came(site, status=None, made=True, spec=None):
    """What the target has of it."""
    label = {"multicluster.admiralty.io/parent-uid": "u"}
    delegate = pod("p-x", "x", spec, status, labels=label)
    site.peer.put({**delegate, "apiVersion": GROUP, "kind": "PodChaperon"})
    if made:
        site.peer.put(delegate)
    return site


def test_a_pod_waits_for_the_links_first_broken_step():
    site = leaving()
    site.net.port = TimeoutError("timed out")
    assert site.why("shared/p") == ("port", "network")
    assert site.last["who"] == "between alpha and beta"


def test_a_pod_of_a_namespace_without_a_link():
    site = leaving()
    site.link["namespaces"], site.link["quotas"] = ["other"], {"other": {}}
    assert site.why("shared/p") == ("link", "source")


AWAY = [
    ("scheduling", "target", unscheduled("0/1 nodes: untolerated taint")),
    ("image", "target", waiting("ErrImagePull", "lookup registry")),
    ("start", "target", {"conditions": [{"type": "PodScheduled", "status": "True"}]}),
    ("scheduler", "target", {}),
    ("feedback", "source", READY),
]


@pytest.mark.parametrize(("step", "side", "status"), AWAY)
def test_a_pod_that_has_come_to_the_target(step, side, status):
    site = leaving()
    bound = {"nodeName": "n"} if step in ("start", "image", "feedback") else None
    came(site, status, spec=bound)
    assert site.why("shared/p") == (step, side), site.last


def test_a_pod_that_the_target_was_not_asked_for():
    site = leaving()
    assert site.why("shared/p") == ("candidate", "source")
    assert "0/2 nodes" in site.last["seen"]


def test_a_quota_of_the_target_that_is_full():
    site = came(leaving(), made=False)
    quota = {
        "apiVersion": "v1", "kind": "ResourceQuota",
        "metadata": {"name": "q", "namespace": "shared"},
        "status": {"hard": {"requests.cpu": "4"}, "used": {"requests.cpu": "3950m"}},
    }  # fmt: skip
    site.peer.put(quota)
    assert site.why("shared/p") == ("quota", "target")
    assert "3950m of 4" in site.last["seen"]
    quota["status"]["used"]["requests.cpu"] = "3"
    site.peer.put(quota)
    assert site.why("shared/p") == ("delegate", "target")
    assert "scripts/doctor pod shared/p-x" in site.last["do"]
    site.peer.fails["/api/v1/namespaces/shared/resourcequotas"] = ApiError("no", 403)
    assert site.why("shared/p") == ("delegate", "target")


def test_a_priority_that_the_link_does_not_allow():
    site = came(leaving(priority=5), made=False)
    assert site.why("shared/p") == ("admission", "owner")


def test_a_target_says_why_it_did_not_make_a_peers_pod():
    site = Site("beta")
    delegate = pod("p-x", "x")
    site.api.put({**delegate, "apiVersion": GROUP, "kind": "PodChaperon"})
    path = "/api/v1/namespaces/shared/pods"
    for message, step, side in (
        ("exceeded quota: slipway-link", "quota", "target"),
        ("violates PodSecurity", "admission", "owner"),
    ):
        site.api.fails[path] = ApiError(message, 403)
        assert site.why("shared/p-x") == (step, side)
    del site.api.fails[path]
    site.api.posted[path] = {}
    assert site.why("shared/p-x") == ("engine", "target")

"""A set of objects against a store that stands in for the API server."""

import contextlib
import json

import pytest
from ansible.module_utils.cluster_objects import ClusterObjects, ObjectsSpec, SpecError
from ansible.module_utils.cluster_objects.workload import trouble, unready
from ansible.module_utils.converge import ConvergeError, Cut, converge, failed
from fakes.api_server import StandInApi

SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "climate"}}
TOKEN = {
    "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "t", "namespace": "climate"},
    "data": {"token": "czNjcjN0"},
}  # fmt: skip
MAP = {
    "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "climate"},
    "data": {"a": "1"},
}  # fmt: skip
KIND = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "links.example.org"},
    "spec": {
        "group": "example.org", "names": {"kind": "Link", "plural": "links"},
        "versions": [{"name": "v1", "served": True}],
    },
}  # fmt: skip
LINK = {
    "apiVersion": "example.org/v1", "kind": "Link",
    "metadata": {"name": "l", "namespace": "climate"}, "spec": {"to": "beta"},
}  # fmt: skip
AT = "/api/v1/namespaces/climate/configmaps/c"


@pytest.fixture
def api():
    return StandInApi()


def run(api, *objects, check=False, **more):
    spec = ObjectsSpec.parse({"name": "test", "objects": list(objects)})
    return converge(ClusterObjects(lambda: api, spec), check=check, **more)


def names(result):
    return [step["name"] for step in result.steps]


def test_what_others_stand_on_comes_first_and_the_second_run_changes_nothing(api):
    result = run(api, LINK, MAP, KIND, SPACE)
    assert names(result) == [
        "record", "object:Namespace/climate", "object:CustomResourceDefinition/links.example.org",
        "object:Link/climate/l", "object:ConfigMap/climate/c",
    ]  # fmt: skip
    assert run(api, LINK, MAP, KIND, SPACE).changed is False


def test_workloads_come_after_what_they_mount():
    workload = {**MAP, "apiVersion": "apps/v1", "kind": "Deployment"}
    spec = ObjectsSpec.parse({"name": "test", "objects": [workload, MAP]})
    assert [thing["kind"] for thing in spec.objects] == ["ConfigMap", "Deployment"]


def test_check_mode_knows_the_plan_before_kind_and_cluster_are_there(api):
    spec = ObjectsSpec.parse({"name": "test", "objects": [LINK, KIND]})
    for connect in (lambda: api, lambda: None):
        planned = converge(ClusterObjects(connect, spec), check=True)
        assert len(planned.steps) == 3
    assert api.store == {}


def test_drift_is_shown_and_corrected(api):
    run(api, SPACE, MAP)
    api.store[AT]["data"]["a"] = "2"
    result = run(api, SPACE, MAP)
    assert result.steps[0]["before"] == {"ConfigMap/climate/c": 'data.a: "2"\n'}
    assert result.steps[0]["after"] == {"ConfigMap/climate/c": 'data.a: "1"\n'}
    assert api.store[AT]["data"]["a"] == "1"


def test_what_the_set_no_longer_names_goes_but_namespaces_are_listed(api):
    run(api, SPACE, MAP, TOKEN)
    result = run(api, TOKEN)
    assert "object:ConfigMap/climate/c:delete" in names(result)
    assert result.left == ["Namespace/climate"]
    assert AT not in api.store
    again = run(api, TOKEN)
    assert (again.changed, again.left) == (False, ["Namespace/climate"])
    assert run(api).changed
    assert run(api).changed is False


def test_what_is_no_longer_the_kits_stays(api):
    run(api, SPACE, MAP)
    api.store[AT]["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "somebody"}
    run(api, SPACE)
    assert AT in api.store


def test_a_run_cut_anywhere_is_finished_by_the_next(api):
    points = [f"{when} {name}" for name in names(run(api, SPACE, MAP, TOKEN, check=True))
              for when in ("before", "after")]  # fmt: skip
    for point in points:
        fresh = StandInApi()
        run(fresh, SPACE, {**MAP, "metadata": {"name": "old", "namespace": "climate"}})

        def cut(at, point=point):
            if at == point:
                raise Cut

        with contextlib.suppress(Cut):
            run(fresh, SPACE, MAP, TOKEN, between=cut)
        run(fresh, SPACE, MAP, TOKEN)
        assert AT in fresh.store
        assert AT.replace("/c", "/old") not in fresh.store
        assert run(fresh, SPACE, MAP, TOKEN).changed is False


def test_values_of_secrets_are_in_no_diff(api):
    first = run(api, SPACE, TOKEN)
    second = run(api, SPACE, {**TOKEN, "data": {"token": "bmV3"}})
    told = json.dumps([first.steps, second.steps])
    assert "hidden" in told
    assert "czNjcjN0" not in told
    assert "bmV3" not in told


def test_verify_names_what_is_not_so(api):
    run(api, SPACE, MAP)
    subject = ClusterObjects(
        lambda: api, ObjectsSpec.parse({"name": "test", "objects": [SPACE, MAP]})
    )
    assert failed(subject.verify(subject.observe())) == []
    del api.store[AT]
    api.store["/api/v1/namespaces/climate"]["metadata"]["labels"] = {}
    found = {check.name: check.got for check in failed(subject.verify(subject.observe()))}
    assert found == {
        "object ConfigMap/climate/c": "is not there",
        "object Namespace/climate": "differs",
    }


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"name": "a"}, "objects: must be a list"),
        ({"name": "a", "objects": [{"kind": "X"}]}, "objects[0]: needs apiVersion"),
        ({"name": "a", "objects": [MAP, MAP]}, "objects[1]: ConfigMap/climate/c is named twice"),
        ({"name": "a", "objects": [], "x": 1}, "x: unknown key"),
        ({"name": "a", "objects": [{**SPACE, "metadata": {"name": 3}}]}, "must be texts"),
    ],
)
def test_bad_sets_name_the_object(data, says):
    with pytest.raises(SpecError, match=says.replace("[", r"\[")):
        ObjectsSpec.parse(data)


def test_an_unknown_kind_is_named(api):
    with pytest.raises(ConvergeError, match=r"Link/climate/l: the server knows no Link"):
        run(api, LINK)


DEPLOYMENT = {"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 2}}


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ({"observedGeneration": 1}, "its controller has not seen it yet"),
        (
            {"observedGeneration": 2, "readyReplicas": 2, "updatedReplicas": 1},
            "1 of 2 pods are ready",
        ),
        ({"observedGeneration": 2, "readyReplicas": 2, "updatedReplicas": 2}, ""),
    ],
)
def test_whether_a_deployment_is_ready(status, says):
    assert (unready({**DEPLOYMENT, "status": status}) or "").startswith(says)


def test_whether_a_job_has_ended():
    job = {"kind": "Job", "metadata": {}, "status": {}}
    assert unready(job) == "has not ended"
    job["status"]["conditions"] = [{"type": "Complete", "status": "True"}]
    assert unready(job) is None


class Pods:
    """Stand-in of an API server that has one pod."""

    def __init__(self, **status):
        self.pod = {"metadata": {"name": "dns-1"}, "status": status}

    def list(self, *_arguments):
        return [self.pod]

    def text(self, path):
        assert path.startswith("/api/v1/namespaces/kube-system/pods/dns-1/log?container=dns")
        return "plugin/forward: no nameservers found\n"


WORKLOAD = {
    "metadata": {"namespace": "kube-system"},
    "spec": {"selector": {"matchLabels": {"a": "b"}}},
}
CRASHED = {
    "name": "dns",
    "lastState": {"terminated": {}},
    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
}
UNSCHEDULED = {"reason": "Unschedulable", "message": "0/1 nodes are available"}


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ({"containerStatuses": [CRASHED]},
         "pod dns-1, container dns: CrashLoopBackOff: plugin/forward: no nameservers found"),
        ({"conditions": [UNSCHEDULED]}, "pod dns-1: 0/1 nodes are available"),
        ({"containerStatuses": [{"name": "dns", "state": {"running": {}}}]}, ""),
    ],
)  # fmt: skip
def test_why_pods_of_a_workload_do_not_start_on_stand_in(status, says):
    assert trouble(Pods(**status), WORKLOAD) == says

"""What of an engine's chart is installed: rendered by Helm itself, from the double's chart."""

import hashlib

import pytest
from ansible.module_utils.federation import chart
from ansible.module_utils.federation.engine import installation

from lab.depot import engine

VOLUME = {"name": "slipway-tokens", "projected": {"sources": [{"serviceAccountToken": {}}]}}


@pytest.fixture
def packed(tmp_path):
    return engine.pack(engine.DOUBLE / "chart", tmp_path, "double")


def rendered(path, **values):
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return chart.render(str(path), "", digest, values, "admiralty", "admiralty")


def objects(found, volume=VOLUME, links=(), **more):
    return installation.objects(
        found, images={"agent": "agent@sha256:1", "scheduler": "scheduler@sha256:2"},
        control_planes=["192.0.2.1", "2001:db8::1"], token_volume=volume,
        conditions=[{"name": "elected", "expression": "true"}], links=list(links), **more,
    )  # fmt: skip


def one(found, kind):
    return next(thing for thing in found if thing["kind"] == kind)


def test_a_packed_chart_is_the_same_bytes_each_time(packed, tmp_path):
    before = packed.read_bytes()
    assert engine.pack(engine.DOUBLE / "chart", tmp_path, "double") == packed
    assert packed.read_bytes() == before


def test_a_chart_that_is_not_the_pinned_one_is_refused(packed):
    with pytest.raises(chart.ChartError, match="not the pinned chart"):
        chart.render(str(packed), "", "0" * 64, {}, "a", "b")


def test_a_chart_that_is_not_there_or_is_none_is_named(tmp_path):
    with pytest.raises(chart.ChartError, match="/nowhere"):
        chart.render("/nowhere.tgz", "", "", {}, "a", "b")
    broken = tmp_path / "broken.tgz"
    broken.write_bytes(b"no chart")
    with pytest.raises(chart.ChartError, match="/broken"):
        rendered(broken)


def test_the_engines_pods_have_the_links_tokens_and_no_privilege(packed):
    found = objects(rendered(packed, **installation.values("alpha-main", 1)))
    template = one(found, "Deployment")["spec"]["template"]
    spec, container = template["spec"], template["spec"]["containers"][0]
    assert VOLUME in spec["volumes"] and spec["securityContext"]["runAsNonRoot"]
    mounts = {m["mountPath"] for m in container["volumeMounts"]}
    assert installation.MOUNT in mounts
    assert container["image"] == "agent@sha256:1"
    assert container["env"] == [{"name": "CLUSTER_NAME", "value": "alpha-main"}]
    assert all(x["metadata"].get("namespace") == "admiralty"
               for x in found if x["kind"] in ("Deployment", "Service"))  # fmt: skip


def test_a_change_of_links_starts_it_anew_and_nothing_else_does(packed):
    def mark(*links):
        template = one(objects(rendered(packed), links=links), "Deployment")["spec"]["template"]
        return template["metadata"]["annotations"]["slipway/links"]

    assert mark({"a": 1}) == mark({"a": 1}) != mark({"a": 2})
    assert mark() != mark({"a": 1})


def test_without_tokens_there_is_no_volume(packed):
    empty = {"name": "slipway-tokens", "projected": {"sources": []}}
    spec = one(objects(rendered(packed), volume=empty), "Deployment")["spec"]["template"]["spec"]
    assert [volume["name"] for volume in spec["volumes"]] == ["cert"]


def test_only_control_planes_reach_it(packed):
    policy = one(objects(rendered(packed)), "NetworkPolicy")["spec"]
    blocks = [each["ipBlock"]["cidr"] for each in policy["ingress"][0]["from"]]
    assert blocks == ["192.0.2.1/32", "2001:db8::1/128"]


def test_its_webhook_sees_only_what_the_conditions_let_pass(packed):
    webhook = one(objects(rendered(packed)), "MutatingWebhookConfiguration")["webhooks"][0]
    assert webhook["matchConditions"] == [{"name": "elected", "expression": "true"}]


def thing(kind, name, api="v1", **meta):
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, **meta}}


def test_what_the_kit_does_itself_is_left_out():
    given = [
        thing("Certificate", "admiralty", "cert-manager.io/v1"),
        thing("Job", "hook", "batch/v1", annotations={"helm.sh/hook": "post-delete"}),
        thing("ClusterRoleBinding", "admiralty-source"),
        thing("ClusterRoleBinding", "admiralty-restarter"),
        thing("CustomResourceDefinition", "targets"),
        thing("ConfigMap", "kept"),
    ]
    names = [x["metadata"]["name"] for x in objects(given)]
    assert names[-2:] == ["slipway-federation-engine", "kept"]
    assert [x["metadata"]["name"] for x in installation.definitions(given)] == ["targets"]
    assert installation.home()["metadata"]["name"] == "admiralty"


def test_one_pod_has_no_disruption_budget():
    template = {"metadata": {"labels": {"component": "restarter"}},
                "spec": {"containers": [{"name": "c"}]}}  # fmt: skip
    budget = thing("PodDisruptionBudget", "b", "policy/v1")
    for count, kept in ((1, 0), (2, 1)):
        deployment = {**thing("Deployment", "d", "apps/v1"),
                      "spec": {"replicas": count, "template": template}}  # fmt: skip
        found = [x["kind"] for x in objects([deployment, budget])]
        assert found.count("PodDisruptionBudget") == kept

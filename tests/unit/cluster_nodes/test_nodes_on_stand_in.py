"""Labels and taints against a store that stands in for the API server."""

import pytest
from ansible.module_utils.cluster_nodes import ClusterNodes, NodesSpec, SpecError
from ansible.module_utils.converge import ConvergeError, converge, failed
from fakes.api_server import StandInApi

AT = "/api/v1/nodes/w1"
FOREIGN = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}


@pytest.fixture
def api():
    made = StandInApi()
    made.kinds["v1", "Node"] = ("nodes", False)
    made.store[AT] = {
        "metadata": {"name": "w1", "labels": {"kubernetes.io/hostname": "w1"},
                     "resourceVersion": "1"},
        "spec": {"taints": [FOREIGN]},
    }  # fmt: skip
    return made


def subject(api, name="w1", **node):
    spec = {"name": name, "labels": {}, "taints": [], **node}
    return ClusterNodes(lambda: api, NodesSpec.parse({"nodes": [spec]}))


def test_given_once_and_those_of_others_stay(api):
    wanted = {"labels": {"rack": "a"}, "taints": ["gpu=yes:NoSchedule"]}
    assert converge(subject(api, **wanted)).changed
    assert converge(subject(api, **wanted)).changed is False
    node = api.store[AT]
    assert node["metadata"]["labels"] == {"kubernetes.io/hostname": "w1", "rack": "a"}
    assert node["spec"]["taints"] == [
        FOREIGN, {"key": "gpu", "effect": "NoSchedule", "value": "yes"},
    ]  # fmt: skip


def test_what_the_model_no_longer_names_is_taken_and_only_that(api):
    converge(subject(api, labels={"rack": "a", "row": "1"}, taints=["gpu=yes:NoSchedule"]))
    api.store[AT]["metadata"]["labels"]["by-hand"] = "x"
    converge(subject(api, labels={"rack": "b"}))
    node = api.store[AT]
    assert node["metadata"]["labels"] == {
        "kubernetes.io/hostname": "w1", "by-hand": "x", "rack": "b",
    }  # fmt: skip
    assert node["spec"]["taints"] == [FOREIGN]
    assert converge(subject(api, labels={"rack": "b"})).changed is False


def test_drift_is_corrected(api):
    wanted = {"labels": {"rack": "a"}, "taints": ["gpu=yes:NoSchedule"]}
    converge(subject(api, **wanted))
    api.store[AT]["metadata"]["labels"]["rack"] = "z"
    api.store[AT]["spec"]["taints"] = [FOREIGN]
    checked = subject(api, **wanted)
    assert len(failed(checked.verify(checked.observe()))) == 1
    assert converge(checked).changed
    assert failed(checked.verify(checked.observe())) == []


def test_a_node_with_nothing_to_give_is_left_alone(api):
    assert converge(subject(api)).changed is False


def test_what_is_no_node_is_named(api):
    with pytest.raises(ConvergeError, match="w2 is no node of this cluster"):
        converge(subject(api, name="w2", labels={"a": "b"}))


def test_check_mode_before_the_cluster_begins():
    assert converge(subject(None, labels={"rack": "a"}), check=True).changed
    assert converge(subject(None), check=True).changed is False


@pytest.mark.parametrize("taint", ["gpu", "gpu=yes", "=yes:NoSchedule", "gpu=yes:Never"])
def test_bad_taints_name_the_key(taint):
    with pytest.raises(SpecError, match=r"nodes\[0\].taints"):
        subject(None, taints=[taint])

"""Nodes that leave, with a store as the API server; etcdctl is a stand-in."""

import json

import pytest
from ansible.module_utils.cluster_kubeadm import etcd
from ansible.module_utils.cluster_removal import ClusterRemoval, RemovalSpec
from ansible.module_utils.converge import ConvergeError, converge, failed
from ansible.module_utils.kube_api import ApiError
from ansible.module_utils.system import Output, System
from fakes.api_server import StandInApi
from fakes.crash import CutPoints, cut_everywhere

MODEL = ["control-1", "control-2", "worker-1"]
BUDGET = "Cannot evict pod as it would violate the pod's disruption budget."


class StandInCluster(CutPoints, System):
    """Three control planes and two workers; evicted pods go unless a budget keeps them."""

    def __init__(self, root):
        super().__init__(str(root))
        self.etcd = {f"control-{n}": True for n in (1, 2, 3)}
        self.api = Store(self)
        for node in (*self.etcd, "worker-1", "worker-2"):
            self.api.node(node)

    def run(self, *argv, check=True, timeout=120, stdin=None):
        return super().run(*argv, check=check)

    def sleep(self, seconds):
        pass

    def _recorded(self, argv, stdin):
        assert argv[0] == etcd.ETCDCTL
        numbers = {f"{int(name[-1]):x}": name for name in self.etcd}
        if "list" in argv:
            return Output(0, json.dumps({"members": [
                {"ID": int(name[-1]), "name": name, "clientURLs": [name], "peerURLs": ["https://x"]}
                for name in self.etcd
            ]}), "")  # fmt: skip
        if "remove" in argv:
            del self.etcd[numbers[argv[-1]]]
        health = [{"endpoint": name, "health": healthy} for name, healthy in self.etcd.items()]
        return Output(0, json.dumps(health), "")


class Store(StandInApi):
    def __init__(self, host):
        super().__init__()
        self.host, self.budget = host, set()
        self.kinds |= {("v1", "Node"): ("nodes", False), ("v1", "Pod"): ("pods", True)}

    def node(self, name, ready="True"):
        self.store[f"/api/v1/nodes/{name}"] = {
            "metadata": {"name": name}, "spec": {},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        }  # fmt: skip

    def pod(self, name, node, kind="ReplicaSet", **meta):
        owners = [{"kind": kind, "controller": True}] if kind else []
        self.store[f"/api/v1/pods/{name}"] = {
            "metadata": {"name": name, "namespace": "default", "ownerReferences": owners, **meta},
            "spec": {"nodeName": node}, "status": {"phase": "Running"},
        }  # fmt: skip

    def request(self, method, path, body=None, **more):
        if method in ("POST", "PATCH", "DELETE"):
            self.host.before_change(f"{method} {path}")
        if not path.endswith("/eviction"):
            return super().request(method, path, body, **more)
        name = body["metadata"]["name"]
        if name in self.budget:
            raise ApiError(BUDGET, 429)
        del self.store[f"/api/v1/pods/{name}"]
        return {}


@pytest.fixture
def new_cluster(tmp_path):
    count = iter(range(10_000))

    def make():
        root = tmp_path / f"cluster-{next(count)}"
        root.mkdir()
        made = StandInCluster(root)
        made.api.pod("web", "worker-2")
        made.api.pod("agent", "worker-2", kind="DaemonSet")
        made.api.pod("here", "worker-1")
        return made

    return make


def removal(cluster, *remove, model=MODEL, **more):
    spec = RemovalSpec.parse({"model": model, "remove": list(remove), **more})
    return ClusterRemoval(cluster, spec, lambda: cluster.api)


def names(result):
    return [step["name"] for step in result.steps]


def test_those_that_the_model_no_longer_has_are_named_and_stay(new_cluster):
    result = converge(removal(new_cluster()))
    assert not result.changed
    assert [line.split()[0] for line in result.left] == ["control-3", "worker-2"]


def test_a_worker_leaves_on_stand_in(new_cluster):
    cluster = new_cluster()
    wanted = ["cordon:worker-2", "drain:worker-2", "node:worker-2"]
    assert names(converge(removal(cluster, "worker-2"), check=True)) == wanted
    assert names(converge(removal(cluster, "worker-2"))) == wanted
    assert "/api/v1/pods/web" not in cluster.api.store
    assert "/api/v1/pods/here" in cluster.api.store and "/api/v1/pods/agent" in cluster.api.store
    again = removal(cluster, "worker-2")
    result = converge(again)
    assert not result.changed and "no node of this cluster" in result.warnings[0]
    assert failed(again.verify(result.after)) == []


def test_a_control_plane_leaves_etcd_before_it_is_no_node_on_stand_in(new_cluster):
    cluster = new_cluster()
    result = converge(removal(cluster, "control-3"))
    assert names(result) == ["cordon:control-3", "etcd:control-3", "node:control-3"]
    assert list(cluster.etcd) == ["control-1", "control-2"]


def test_a_second_one_that_etcd_cannot_spare_is_refused_before_anything(new_cluster):
    cluster = new_cluster()
    cluster.etcd["control-3"] = False
    with pytest.raises(ConvergeError, match=r"without control-2 1 of 2 members answer"):
        converge(removal(cluster, "worker-2", "control-2", model=["control-1", "worker-1"]))
    assert len(cluster.etcd) == 3
    assert not any(method != "GET" for method, *_ in cluster.api.requests)
    converge(removal(cluster, "control-2", "control-3", model=["control-1"]))
    assert list(cluster.etcd) == ["control-1"]


def test_the_last_member_and_nodes_of_the_model_stay(new_cluster):
    cluster = new_cluster()
    everyone = list(cluster.etcd)
    with pytest.raises(ConvergeError, match="the last member"):
        converge(removal(cluster, *everyone, model=[]))
    with pytest.raises(ConvergeError, match="in-the-model: control-1 is in the model"):
        converge(removal(cluster, "control-1"))


def test_a_budget_that_keeps_a_pod_is_named_and_the_node_stays_on_stand_in(new_cluster):
    cluster = new_cluster()
    cluster.api.budget = {"web"}
    with pytest.raises(ConvergeError, match=r"default/web: Cannot evict.*budget"):
        converge(removal(cluster, "worker-2", wait=4))
    assert cluster.api.store["/api/v1/nodes/worker-2"]["spec"]["unschedulable"] is True
    cluster.api.budget = set()
    assert names(converge(removal(cluster, "worker-2"))) == ["drain:worker-2", "node:worker-2"]


def test_pods_that_nobody_brings_back_are_not_lost_unasked(new_cluster):
    cluster = new_cluster()
    cluster.api.pod("alone", "worker-2", kind="")
    with pytest.raises(ConvergeError, match="nobody brings default/alone of worker-2 back"):
        converge(removal(cluster, "worker-2"))
    assert converge(removal(cluster, "worker-2", force=True)).changed


def test_a_node_that_does_not_answer_is_not_waited_for(new_cluster):
    cluster = new_cluster()
    cluster.api.node("worker-2", ready="Unknown")
    result = converge(removal(cluster, "worker-2"))
    assert names(result) == ["cordon:worker-2", "node:worker-2"]
    assert "if it still runs, so do default/web" in result.warnings[0]


def test_virtual_nodes_are_not_the_kits(new_cluster):
    cluster = new_cluster()
    cluster.api.node("peer")
    cluster.api.store["/api/v1/nodes/peer"]["metadata"]["labels"] = {
        "virtual-kubelet.io/provider": "x"
    }
    assert not any(line.startswith("peer") for line in converge(removal(cluster)).left)


def test_check_mode_before_the_cluster_begins(new_cluster):
    spec = RemovalSpec.parse({"model": MODEL})
    assert not converge(ClusterRemoval(new_cluster(), spec, lambda: None), check=True).changed


@pytest.mark.parametrize("who", ["worker-2", "control-3"])
def test_cut_at_every_step_and_change_and_run_again_on_stand_in(new_cluster, who):
    cut_everywhere(new_cluster, lambda cluster: removal(cluster, who))

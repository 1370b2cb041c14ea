"""cluster_upgrade on a node whose kubeadm, kubectl, etcdctl and kubelet are stand-ins."""

import json

import pytest
from ansible.module_utils.cluster_kubeadm import etcd, paths
from ansible.module_utils.cluster_upgrade import (
    Close,
    Guard,
    Kubelet,
    Manifests,
    Open,
    UpgradeSpec,
    look,
    node,
    pods,
    versions,
)
from ansible.module_utils.converge import Clock, ConvergeError, converge
from ansible.module_utils.kube_api import ApiError
from ansible.module_utils.system import Output, System
from fakes.api_server import StandInApi
from fakes.crash import CutPoints, cut_everywhere

OLD, NEW = "v1.35.3", "v1.36.3"
DESIRED = {
    "cluster": "alpha", "version": "1.36.3", "node": "control-1", "role": "control-plane",
    "address": "192.0.2.31", "endpoint": "192.0.2.9:6443", "pod_subnet": "10.101.0.0/16",
    "service_subnet": "10.201.0.0/16", "ignored_preflight": ["Swap"],
}  # fmt: skip
CLOCK = Clock(sleep=lambda seconds: None)


class StandInNode(CutPoints, System):
    """A node of the old version; its new kubelet is on the disk already."""

    def __init__(self, root):
        super().__init__(str(root))
        self.cluster = self.kubelet = OLD
        self.program, self.etcd, self.ran = NEW, {"control-1": True, "control-2": True}, []
        System.write_file(self, paths.NODE, "")
        self.make(OLD)

    def make(self, version):
        for number, each in enumerate(node.COMPONENTS, 100):
            text = f"spec:\n    - {each}\n    image: registry.lab/{each}:{version}\n"
            System.write_file(self, f"{paths.MANIFESTS}/{each}.yaml", text)
            System.write_file(self, f"/proc/{number}/cmdline", f"{each}\0")
            System.write_file(self, f"/proc/{number}/environ", "")

    def run(self, *argv, check=True, timeout=120, stdin=None):
        return super().run(*argv, check=check)

    def _recorded(self, argv, stdin):
        self.ran.append(argv)
        if argv[:2] == (paths.KUBEADM, "upgrade"):
            self.make(NEW)
            self.cluster = NEW
        if argv[0] == "systemctl":
            self.kubelet = self.program
        if argv[0] == node.KUBELET:
            return Output(0, f"Kubernetes {self.program}\n", "")
        if argv[0] == etcd.ETCDCTL:
            return self.etcdctl(argv)
        if "configmap" in argv:
            text = f"a: b\nkubernetesVersion: {self.cluster}\n"
            return Output(0, json.dumps({"data": {"ClusterConfiguration": text}}), "")
        if "node" in argv:
            status = {"nodeInfo": {"kubeletVersion": self.kubelet},
                      "conditions": [{"type": "Ready", "status": "True"}]}  # fmt: skip
            return Output(0, json.dumps({"status": status}), "")
        return Output(0, "ok", "")

    def etcdctl(self, argv):
        if "list" in argv:
            return Output(0, json.dumps({"members": [
                {"ID": n, "name": name, "clientURLs": [name], "peerURLs": ["https://x"]}
                for n, name in enumerate(self.etcd)
            ]}), "")  # fmt: skip
        health = [{"endpoint": name, "health": healthy} for name, healthy in self.etcd.items()]
        return Output(0, json.dumps(health), "")


@pytest.fixture
def new_node(tmp_path):
    count = iter(range(10_000))

    def make():
        root = tmp_path / f"node-{next(count)}"
        root.mkdir()
        return StandInNode(root)

    return make


def spec(**changes):
    return UpgradeSpec.parse({"kubeadm": {**DESIRED, **changes}})


def names(result):
    return [step["name"] for step in result.steps]


@pytest.mark.parametrize(
    ("have", "wanted", "words"),
    [
        ("v1.35.3", "v1.36.3", None),
        ("v1.36.1", "v1.36.3", None),
        ("v1.36.3", "v1.36.3", None),
        ("v1.34.9", "v1.36.0", "more than one minor version"),
        ("v1.36.3", "v1.37.0", None),
        ("v1.36.3", "v2.0.0", "more than one minor version"),
        ("v1.36.3", "v1.36.2", "does not go back"),
        ("v1.37.0-rc.1", "v1.36.3", "does not go back"),
    ],
)
def test_which_way_is_kubeadms(have, wanted, words):
    said = versions.refusal(have, wanted)
    assert (said is None) if words is None else (words in said)


def test_what_is_no_version_is_named():
    with pytest.raises(ValueError, match="'latest' is no version"):
        versions.refusal("latest", NEW)


def test_the_first_control_plane_upgrades_the_cluster_on_stand_in(new_node):
    first = new_node()
    assert look(first, spec()) == (True, [])
    assert names(converge(Manifests(first, spec()), check=True)) == ["kubeadm:upgrade"]
    converge(Manifests(first, spec()))
    (ran,) = [argv for argv in first.ran if argv[:2] == (paths.KUBEADM, "upgrade")]
    assert ran[2:5] == ("apply", NEW, "--yes") and "Swap" in ran
    assert look(first, spec())[0]  # kubelet is still the old one
    assert names(converge(Kubelet(first, spec()))) == ["service:kubelet"]
    assert look(first, spec()) == (False, [])
    for phase in (Manifests, Kubelet):
        assert not converge(phase(first, spec())).changed


def test_other_nodes_follow_on_stand_in(new_node):
    other, worker = new_node(), new_node()
    other.cluster = worker.cluster = NEW
    converge(Manifests(other, spec()))
    assert any(argv[2] == "node" for argv in other.ran if argv[:2] == (paths.KUBEADM, "upgrade"))
    for each in node.COMPONENTS:
        worker.remove(f"{paths.MANIFESTS}/{each}.yaml")
    assert not converge(Manifests(worker, spec(role="worker"))).changed
    result = converge(Kubelet(worker, spec(role="worker")))
    assert names(result) == ["kubeadm:upgrade", "service:kubelet"]


def test_a_jump_is_refused_before_anything(new_node):
    for version, words in (("1.37.0", "more than one minor"), ("1.34.0", "does not go back")):
        (refused, *_rest) = look(new_node(), spec(version=version))[1]
        assert words in str(refused)
        with pytest.raises(ConvergeError, match=words):
            converge(Manifests(new_node(), spec(version=version)))


def test_a_control_plane_that_etcd_cannot_spare_is_not_upgraded(new_node):
    first = new_node()
    first.etcd |= {"control-3": False}
    (refused,) = look(first, spec())[1]
    assert "control-1 cannot be spared: etcd would lose its quorum" in str(refused)
    first.etcd = {"control-1": True}  # a cluster of one is down for a moment
    assert look(first, spec()) == (True, [])


def test_a_kubelet_that_is_not_the_models_is_named(new_node):
    first = new_node()
    first.program = OLD
    with pytest.raises(ConvergeError, match=r"kubelet v1.35.3: is v1.36.3 in artifacts_cluster"):
        converge(
            Kubelet(first, spec()), clock=Clock(iter(range(0, 10**6, 100)).__next__, CLOCK.sleep)
        )


def test_no_other_run_changes_the_version(new_node):
    first = new_node()
    with pytest.raises(ConvergeError, match=r"has Kubernetes v1.35.3.*cluster_upgrade=alpha"):
        converge(Guard(first, spec()))
    first.make(NEW)
    assert not converge(Guard(first, spec())).changed
    first.program = OLD
    with pytest.raises(ConvergeError, match="other-version"):
        converge(Guard(first, spec()))
    System.remove(first, paths.NODE)
    assert not converge(Guard(first, spec())).changed  # bare


@pytest.mark.parametrize("role", ["control-plane", "worker"])
@pytest.mark.parametrize("phase", [Manifests, Kubelet])
def test_cut_at_every_step_and_change_and_run_again_on_stand_in(new_node, phase, role):
    cut_everywhere(new_node, lambda each: phase(each, spec(role=role)))


class Store(StandInApi):
    """One Node with a pod; eviction takes the pod at once."""

    def __init__(self, before_change=lambda what: None):
        super().__init__()
        self.kinds |= {("v1", "Node"): ("nodes", False), ("v1", "Pod"): ("pods", True)}
        self.before_change, self.keeps = before_change, False
        self.store["/api/v1/nodes/w1"] = {
            "metadata": {"name": "w1"}, "spec": {},
            "status": {"nodeInfo": {"kubeletVersion": OLD}, "conditions": []},
        }  # fmt: skip
        self.store["/api/v1/pods/web"] = {
            "metadata": {"name": "web", "namespace": "default",
                         "ownerReferences": [{"kind": "ReplicaSet", "controller": True}]},
            "spec": {"nodeName": "w1"},
        }  # fmt: skip

    def request(self, method, path, body=None, **more):
        if path.endswith("/eviction"):
            if self.keeps:
                raise ApiError("would violate the pod's disruption budget", 429)
            self.store.pop("/api/v1/pods/web", None)
            return {}
        return super().request(method, path, body, **more)

    @property
    def closed(self):
        return self.store["/api/v1/nodes/w1"]["spec"].get("unschedulable", False)


def close(system, api, force=False):
    return Close(system, "w1", lambda: api, wanted=NEW, wait=4, force=force)


def test_a_node_is_closed_drained_and_opened_on_stand_in(tmp_path):
    api, system = Store(), StandInNode(tmp_path)
    assert names(converge(close(system, api))) == ["cordon:w1", "drain:w1"]
    assert api.closed and "/api/v1/pods/web" not in api.store
    assert not converge(close(system, api)).changed
    assert names(converge(Open(system, "w1", lambda: api))) == ["uncordon:w1"]
    assert not api.closed and not converge(Open(system, "w1", lambda: api)).changed


def test_a_node_that_was_cordoned_before_stays_so_on_stand_in(tmp_path):
    api, system = Store(), StandInNode(tmp_path)
    api.store["/api/v1/nodes/w1"]["spec"]["unschedulable"] = True
    converge(close(system, api))
    assert not converge(Open(system, "w1", lambda: api)).changed and api.closed


def test_a_budget_stops_the_upgrade_before_kubelet_is_touched(tmp_path):
    api, system = Store(), StandInNode(tmp_path)
    system.sleep = lambda seconds: None
    api.keeps = True
    with pytest.raises(ConvergeError, match="default/web: would violate"):
        converge(close(system, api))


def test_pods_that_nobody_brings_back_are_not_lost_unasked(tmp_path):
    api, system = Store(), StandInNode(tmp_path)
    del api.store["/api/v1/pods/web"]["metadata"]["ownerReferences"]
    with pytest.raises(ConvergeError, match="nobody brings default/web back"):
        converge(close(system, api))
    assert converge(close(system, api, force=True)).changed


def test_a_node_that_has_the_version_is_not_drained(tmp_path):
    api, system = Store(), StandInNode(tmp_path)
    api.store["/api/v1/nodes/w1"]["status"]["nodeInfo"]["kubeletVersion"] = NEW
    assert not converge(close(system, api)).changed
    assert pods.MARK not in api.store["/api/v1/nodes/w1"]["metadata"].get("annotations", {})

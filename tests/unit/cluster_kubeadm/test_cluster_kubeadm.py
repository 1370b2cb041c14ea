"""cluster_kubeadm on a stand-in node: kubeadm, kubectl and systemctl are stand-ins."""

import base64
import json
import os
from dataclasses import replace

import pytest
from ansible.module_utils.cluster_kubeadm import (
    ClusterKubeadm,
    Join,
    KubeadmSpec,
    SpecError,
    api_server,
    etcd,
    join_credentials,
    paths,
    restoring,
)
from ansible.module_utils.cluster_kubeadm import config as config_of
from ansible.module_utils.cluster_kubeadm import subject as subject_of
from ansible.module_utils.converge import ConvergeError, converge, failed
from ansible.module_utils.system import CommandError, Output, System
from fakes.crash import CutPoints, cut_everywhere

DESIRED = {
    "cluster": "alpha", "version": "1.36.3", "node": "control-1", "role": "control-plane",
    "address": "192.0.2.31", "endpoint": "192.0.2.9:6443", "pod_subnet": "10.101.0.0/16",
    "service_subnet": "10.201.0.0/16", "issuer": "https://alpha.example",
}  # fmt: skip
CA = "-----BEGIN CERTIFICATE-----\n"
FILES = {api_server.ENCRYPTION: "{}\n", api_server.AUTHENTICATION: "{}\n"}
JOIN = Join("abcdef.0123456789abcdef", CA, FILES)
STALE = 'a Node with name "x" and status "Ready" already exists'
HEALTHY = {"control-1": True, "control-2": True, "control-3": True}


class StandInNode(CutPoints, System):
    """kubeadm leaves the files by which a node is known; `config` is what it was given."""

    def __init__(self, root):
        super().__init__(str(root))
        self.kubelet, self.config, self.refuse = "inactive", [], ""
        self.stale = self.slept = 0
        self.passing = STALE
        self.ran = []
        self.endpoint_has = ""  # what kubectl complains of at the endpoint
        self.etcd = dict(HEALTHY)

    def run(self, *argv, check=True, timeout=120, stdin=None):
        return super().run(*argv, check=check)

    def sleep(self, seconds):
        self.slept += seconds

    def _recorded(self, argv, stdin):
        self.ran.append(argv)
        if argv[0] == paths.KUBEADM and argv[1] in ("init", "join") and argv[2] != "phase":
            return self.kubeadm(argv)
        if argv[:2] == (paths.KUBEADM, "reset"):
            for path in (paths.NODE, paths.API_SERVER):
                System.remove(self, path)
            self.endpoint_has = ""
        if argv[0] == etcd.ETCDCTL:
            return self.etcdctl(argv)
        if argv[0] == paths.KUBECTL and "--server" in argv and self.endpoint_has:
            return Output(1, "", f"error: {self.endpoint_has}")
        if argv[0] == paths.KUBECTL:
            return Output(0, "ok", "") if self.kubelet == "active" else Output(1, "", "refused")
        if argv[:2] == ("systemctl", "restart"):
            self.kubelet = "active"
            self.endpoint_has = ""
        if argv[:2] == ("systemctl", "is-active"):
            return Output(0, self.kubelet + "\n", "")
        if argv[1:3] == ("token", "create"):
            return Output(0, "abcdef.0123456789abcdef\n", "")
        return Output(0, "", "")

    def etcdctl(self, argv):
        if "list" in argv:
            return Output(0, json.dumps({"members": [
                {"ID": n, "name": name, "peerURLs": [f"https://192.0.2.{30 + n}:2380"],
                 "clientURLs": [f"https://192.0.2.{30 + n}:2379"]}
                for n, name in enumerate(self.etcd, 1)
            ]}), "")  # fmt: skip
        if "health" in argv:
            found = [
                {"endpoint": f"https://192.0.2.{30 + n}:2379", "health": health}
                for n, health in enumerate(self.etcd.values(), 1)
            ]
            return Output(int(not all(self.etcd.values())), json.dumps(found), "")
        if "remove" in argv:
            del self.etcd[list(self.etcd)[int(argv[-1], 16) - 1]]
        return Output(0, "", "")

    def kubeadm(self, argv):
        text = self.read(subject_of.CONFIG)
        self.config = [json.loads(part) for part in text.split("---\n")]
        if self.slept < self.stale:
            return Output(1, "", f"{self.passing}\n")
        if self.refuse:
            return Output(1, "", f"x\n\t[ERROR Port-6443]: {self.refuse}\nTo see the stack\n")
        if argv[1] == "init":
            System.write_file(self, paths.API_SERVER, "")
        System.write_file(self, paths.NODE, "")
        self.kubelet = "active"
        return Output(0, "", "")


@pytest.fixture
def new_node(tmp_path):
    count = iter(range(10_000))

    def make():
        root = tmp_path / f"node-{next(count)}"
        root.mkdir()
        return StandInNode(root)

    return make


def kubeadm(node, join=None, init=False, **changes):
    return ClusterKubeadm(node, KubeadmSpec.parse({**DESIRED, **changes}), init=init, join=join)


def names(result):
    return [step["name"] for step in result.steps]


def test_a_node_without_credentials_changes_nothing_and_asks(new_node):
    node = new_node()
    subject = kubeadm(node)
    result = converge(subject)
    assert not result.changed
    assert subject.join_required(result.after)
    assert not node.config


def test_the_first_control_plane_begins_on_stand_in(new_node):
    node = new_node()
    assert names(converge(kubeadm(node, init=True), check=True)) == ["kubeadm:init"]
    assert not node.config
    assert names(converge(kubeadm(node, init=True))) == ["kubeadm:init"]
    init, cluster, kubelet = node.config
    assert init["bootstrapTokens"][0]["ttl"] == "1m0s"
    assert init["localAPIEndpoint"] == {"advertiseAddress": "192.0.2.31", "bindPort": 6443}
    assert cluster["controlPlaneEndpoint"] == "192.0.2.9:6443"
    arguments = {each["name"]: each["value"] for each in cluster["apiServer"]["extraArgs"]}
    assert arguments["service-account-issuer"] == "https://alpha.example"
    assert arguments["service-account-jwks-uri"] == "https://192.0.2.9:6443/openid/v1/jwks"
    assert kubelet["cgroupDriver"] == "systemd"
    assert not node.exists(subject_of.CONFIG)  # it holds a token
    again = kubeadm(node)
    assert not converge(again).changed
    assert failed(again.verify(again.observe())) == []


def test_others_join_with_credentials_on_stand_in(new_node):
    node = new_node()
    assert names(converge(kubeadm(node, join=JOIN, role="worker"))) == ["kubeadm:join"]
    (join,) = node.config
    assert join["discovery"]["file"] == {"kubeConfigPath": config_of.DISCOVERY}
    assert not node.exists(config_of.DISCOVERY)  # it holds the token
    assert "controlPlane" not in join
    converge(kubeadm(control := new_node(), join=JOIN))
    assert control.config[0]["controlPlane"]["localAPIEndpoint"]["bindPort"] == 6443


@pytest.mark.parametrize(
    "cause", [STALE, "[ERROR CRI]: validate service connection: rpc error: code = DeadlineExceeded"]
)
def test_a_node_that_joins_waits_for_what_passes(new_node, cause):
    node = new_node()
    node.stale, node.passing = 40, cause
    converge(kubeadm(node, join=JOIN, role="worker"))
    assert node.slept == 40
    taken = new_node()
    taken.stale = 10**6
    with pytest.raises(ConvergeError, match="already exists"):
        converge(kubeadm(taken, join=JOIN, role="worker"))


def test_what_kubeadm_says_is_the_message_and_the_configuration_goes(new_node):
    node = new_node()
    node.refuse = "Port 6443 is in use"
    with pytest.raises(ConvergeError, match=r"\[ERROR Port-6443\]: Port 6443 is in use"):
        converge(kubeadm(node, init=True))
    assert not node.exists(subject_of.CONFIG)


def test_a_run_of_kubeadm_that_was_cut_is_gone_on_from(new_node):
    node = new_node()
    System.write_file(node, paths.API_SERVER, "")
    converge(kubeadm(node, init=True, ignored_preflight=["Swap"]))
    ignored = node.config[0]["nodeRegistration"]["ignorePreflightErrors"]
    assert "Swap" in ignored
    assert "DirAvailable--var-lib-etcd" in ignored


@pytest.mark.parametrize("how", [{"init": True}, {"join": JOIN, "role": "worker"}])
def test_cut_at_every_step_and_change_and_run_again_on_stand_in(new_node, how):
    cut_everywhere(new_node, lambda node: kubeadm(node, **how))


def test_a_kubelet_that_stopped_is_started(new_node):
    node = new_node()
    converge(kubeadm(node, init=True))
    node.kubelet = "failed"
    assert names(converge(kubeadm(node))) == ["service:kubelet"]


@pytest.mark.parametrize("change", [{"cluster": "beta"}, {"role": "worker"}])
def test_a_node_of_another_cluster_or_role_is_refused(new_node, change):
    node = new_node()
    converge(kubeadm(node, init=True))
    (what,) = change
    with pytest.raises(ConvergeError, match=f"other-{what}"):
        converge(kubeadm(node, **change))


def begun(node):
    converge(kubeadm(node, init=True))
    for name in paths.KEYS:
        System.write_file(node, f"{paths.PKI}/{name}", CA if name == "ca.crt" else f"{name}\n")
    node.ran.clear()
    return node


def credentials(host, **changes):
    return join_credentials(host, KubeadmSpec.parse({**DESIRED, **changes}))


def test_a_worker_gets_no_key(new_node):
    made = credentials(begun(new_node()), role="worker")
    assert made == {"token": "abcdef.0123456789abcdef", "ca": CA, "files": {}}
    with pytest.raises(ValueError, match="no control plane"):
        credentials(new_node(), role="worker")


def test_a_control_plane_gets_the_same_key_of_encryption_and_no_argument_holds_one(new_node):
    first = begun(new_node())
    made = credentials(first, node="control-4", address="192.0.2.34")
    other = new_node()
    converge(kubeadm(other, join=Join.parse(made)))
    text = first.read(api_server.ENCRYPTION)
    assert other.read(api_server.ENCRYPTION) == text
    assert os.stat(other.path(api_server.ENCRYPTION)).st_mode & 0o077 == 0
    (keys,) = [p["secretbox"]["keys"] for p in json.loads(text)["resources"][0]["providers"][:1]]
    assert len(base64.b64decode(keys[0]["secret"])) == 32
    words = " ".join(word for argv in first.ran + other.ran for word in argv)
    assert keys[0]["secret"] not in words
    for name in paths.KEYS:
        assert other.read(f"{paths.PKI}/{name}") == first.read(f"{paths.PKI}/{name}")


def test_a_key_that_is_there_stays_when_a_cut_run_begins_again(new_node):
    node = new_node()
    api_server.begin(node)
    before = node.read(api_server.ENCRYPTION)
    converge(kubeadm(node, init=True))
    assert node.read(api_server.ENCRYPTION) == before


def test_the_member_that_a_lost_host_has_left_is_taken_out_before_it_joins(new_node):
    node = begun(new_node())
    node.etcd["control-3"] = False
    credentials(node, node="control-3", address="192.0.2.33")
    assert node.etcd == {"control-1": True, "control-2": True}


def test_a_member_that_answers_is_not_taken_out(new_node):
    node = begun(new_node())
    with pytest.raises(CommandError, match="two hosts with one name"):
        credentials(node, node="control-3", address="192.0.2.33")
    assert len(node.etcd) == 3


def test_without_a_quorum_nothing_joins(new_node):
    node = begun(new_node())
    node.etcd |= {"control-2": False, "control-3": False}
    with pytest.raises(CommandError, match="no quorum: 1 of 3 members answer and 2 are needed"):
        credentials(node, node="control-3", address="192.0.2.33")


@pytest.mark.parametrize(
    ("health", "leaving", "words"),
    [
        ([True, True, True], 2, None),
        ([True, True, False], 2, None),
        ([True, True, False], 1, "would lose its quorum: without m1 1 of 2 members answer"),
        ([True, False, False], 2, "has no quorum"),
        ([True], 0, "the last member"),
        ([True, True], 1, None),
        ([True, False], 1, "has no quorum: 1 of 2"),
        ([True, True, True, False, False], 0, "would lose its quorum"),
        ([True, True, True, False, False], 4, None),
    ],
)
def test_the_guard_of_the_quorum(health, leaving, words):
    found = [etcd.Member(str(n), f"m{n}", "", False, h) for n, h in enumerate(health)]
    said = etcd.refusal(found, found[leaving])
    assert (said is None) if words is None else (words in said)


def test_a_learner_has_no_vote():
    found = [etcd.Member("1", "m1", "", False, True), etcd.Member("2", "m2", "", True, False)]
    assert etcd.refusal(found, found[1]) is None
    assert "last member" in etcd.refusal(found, found[0])


def test_a_worker_whose_cluster_was_begun_anew_asks_to_join_and_does(new_node):
    node = new_node()
    converge(kubeadm(node, join=JOIN, role="worker"))
    node.endpoint_has = subject_of.OTHER_CA
    look = kubeadm(node, role="worker")
    result = converge(look)
    assert not result.changed and look.join_required(result.after)
    result = converge(kubeadm(node, join=JOIN, role="worker"))
    assert names(result) == ["kubeadm:reset", "kubeadm:join"]


def test_an_endpoint_that_is_silent_says_nothing_of_the_cluster(new_node):
    node = new_node()
    converge(kubeadm(node, join=JOIN, role="worker"))
    node.endpoint_has = "connection refused"
    assert not kubeadm(node, role="worker").join_required(kubeadm(node, role="worker").observe())


def test_a_node_that_its_cluster_does_not_know_is_registered_by_kubelets_start(new_node):
    node = new_node()
    converge(kubeadm(node, join=JOIN, role="worker"))
    node.endpoint_has = 'Error from server (NotFound): nodes "control-1" not found'
    look = kubeadm(node, role="worker")
    assert names(converge(look, check=True)) == ["service:kubelet"]
    result = converge(kubeadm(node, role="worker"))
    assert names(result) == ["service:kubelet"] and not look.join_required(result.after)


def test_a_cluster_does_not_begin_in_the_middle_of_a_restore(new_node):
    node = new_node()
    mark = restoring.Mark("alpha", "etcd-1.tar", "1", restoring.RESET)
    restoring.write(node, mark)
    with pytest.raises(ConvergeError, match=r"restore of etcd-1.tar is not finished"):
        converge(kubeadm(node, init=True))
    restoring.write(node, replace(mark, state=restoring.FINISHED))
    assert converge(kubeadm(node, init=True)).changed


def test_a_control_plane_whose_join_was_cut_is_reset_before_it_asks(new_node):
    node = new_node()
    node.refuse = "cut"
    with pytest.raises(ConvergeError):
        converge(kubeadm(node, join=JOIN))
    System.write_file(node, paths.NODE, "")
    look = kubeadm(node)
    result = converge(look)
    assert names(result) == ["kubeadm:reset"] and look.join_required(result.after)


def test_who_is_nobody_may_ask_for_health_and_keys_only():
    found = json.loads(api_server.authentication([{"issuer": {"url": "https://b"}}]))
    assert {each["path"] for each in found["anonymous"]["conditions"]} == {
        "/livez", "/readyz", "/healthz", "/.well-known/openid-configuration", "/openid/v1/jwks",
    }  # fmt: skip
    assert api_server.trusted(json.dumps(found)) == [{"issuer": {"url": "https://b"}}]
    assert api_server.trusted("no JSON") == api_server.trusted("[]") == []


@pytest.mark.parametrize(
    ("change", "words"),
    [({"role": "x"}, "role"), ({"version": None}, "version"), ({"colour": 1}, "colour")],
)
def test_a_wrong_value_is_named_by_its_key(change, words):
    with pytest.raises(SpecError, match=words):
        KubeadmSpec.parse({**DESIRED, **change})

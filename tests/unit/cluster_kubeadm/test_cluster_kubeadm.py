"""cluster_kubeadm on a stand-in node: kubeadm, kubectl and systemctl are stand-ins."""

import hashlib
import json
import subprocess

import pytest
from ansible.module_utils.cluster_kubeadm import (
    ClusterKubeadm,
    Join,
    KubeadmSpec,
    SpecError,
    join_credentials,
)
from ansible.module_utils.cluster_kubeadm import subject as subject_of
from ansible.module_utils.converge import ConvergeError, converge, failed
from ansible.module_utils.system import Output, System
from fakes.crash import CutPoints, cut_everywhere

DESIRED = {
    "cluster": "alpha", "version": "1.36.3", "node": "control-1", "role": "control-plane",
    "address": "192.0.2.31", "endpoint": "192.0.2.9:6443", "pod_subnet": "10.101.0.0/16",
    "service_subnet": "10.201.0.0/16", "issuer": "https://alpha.example",
}  # fmt: skip
JOIN = Join("abcdef.0123456789abcdef", "sha256:00", "k")


class StandInNode(CutPoints, System):
    """kubeadm leaves the files by which a node is known; `config` is what it was given."""

    def __init__(self, root):
        super().__init__(str(root))
        self.kubelet, self.config, self.refuse = "inactive", [], ""
        self.stale = self.slept = 0
        self.ran = []

    def run(self, *argv, check=True, timeout=120, stdin=None):
        return super().run(*argv, check=check)

    def sleep(self, seconds):
        self.slept += seconds

    def _recorded(self, argv, stdin):
        self.ran.append(argv)
        if argv[0] == subject_of.KUBEADM and argv[1] in ("init", "join") and argv[2] != "phase":
            return self.kubeadm(argv)
        if argv[0] == subject_of.KUBECTL:
            return Output(0, "ok", "") if self.kubelet == "active" else Output(1, "", "refused")
        if argv[:2] == ("systemctl", "restart"):
            self.kubelet = "active"
        if argv[:2] == ("systemctl", "is-active"):
            return Output(0, self.kubelet + "\n", "")
        if argv[1:3] == ("token", "create"):
            return Output(0, "abcdef.0123456789abcdef\n", "")
        return Output(0, "", "")

    def kubeadm(self, argv):
        text = self.read(subject_of.CONFIG)
        self.config = [json.loads(part) for part in text.split("---\n")]
        if self.slept < self.stale:
            return Output(1, "", 'a Node with name "x" and status "Ready" already exists\n')
        if self.refuse:
            return Output(1, "", f"x\n\t[ERROR Port-6443]: {self.refuse}\nTo see the stack\n")
        if argv[1] == "init":
            System.write_file(self, subject_of.API_SERVER, "")
        System.write_file(self, subject_of.NODE, "")
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
    assert cluster["apiServer"]["extraArgs"] == [
        {"name": "service-account-issuer", "value": "https://alpha.example"}
    ]
    assert kubelet["cgroupDriver"] == "systemd"
    assert not node.exists(subject_of.CONFIG)  # it holds a token
    again = kubeadm(node)
    assert not converge(again).changed
    assert failed(again.verify(again.observe())) == []


def test_others_join_with_credentials_on_stand_in(new_node):
    node = new_node()
    assert names(converge(kubeadm(node, join=JOIN, role="worker"))) == ["kubeadm:join"]
    (join,) = node.config
    assert join["discovery"]["bootstrapToken"]["caCertHashes"] == ["sha256:00"]
    assert "controlPlane" not in join
    converge(kubeadm(control := new_node(), join=JOIN))
    assert control.config[0]["controlPlane"]["certificateKey"] == "k"


def test_a_node_made_anew_waits_until_its_old_self_is_gone(new_node):
    node = new_node()
    node.stale = 40
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
    System.write_file(node, subject_of.API_SERVER, "")
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


def test_the_hash_of_the_ca_is_openssls(new_node, tmp_path):
    node = new_node()
    key, certificate = tmp_path / "ca.key", tmp_path / "ca.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ca",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    public = subprocess.run(
        ["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    System.write_file(node, "/etc/kubernetes/pki/ca.crt", certificate.read_text())
    made = join_credentials(node, control_plane=False)
    assert made["ca_certificate_hash"] == f"sha256:{hashlib.sha256(public).hexdigest()}"
    assert made["certificate_key"] == ""


def test_a_certificate_key_is_in_no_argument(new_node):
    node = new_node()
    with pytest.raises(ValueError, match="no control plane"):
        join_credentials(node, control_plane=True)
    uploads = [argv for argv in node.ran if "upload-certs" in argv]
    assert uploads and not any("certificate-key" in word for word in uploads[0])
    assert not node.exists("/run/slipway/upload-certs.json")


@pytest.mark.parametrize(
    ("change", "words"),
    [({"role": "x"}, "role"), ({"version": None}, "version"), ({"colour": 1}, "colour")],
)
def test_a_wrong_value_is_named_by_its_key(change, words):
    with pytest.raises(SpecError, match=words):
        KubeadmSpec.parse({**DESIRED, **change})

"""Three control planes: after one was replaced, and after all came from a snapshot."""

import base64
import json
import time

import pytest

KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"
PKI = "/etc/kubernetes/pki/etcd"
ETCDCTL = (
    f"etcdctl --endpoints=https://127.0.0.1:2379 --cacert={PKI}/ca.crt "
    f"--cert={PKI}/healthcheck-client.crt --key={PKI}/healthcheck-client.key"
)
NAMES = {f"alpha-control-{n}" for n in (1, 2, 3)}


@pytest.fixture
def kubectl(host):
    """Runs kubectl at the virtual address, which may be on its way to another node."""

    def run(arguments, patience=60):
        end = time.monotonic() + patience
        while (done := host.run(f"{KUBECTL} {arguments}")).rc and time.monotonic() < end:
            time.sleep(1)
        assert done.rc == 0, done.stderr
        return done.stdout

    return run


def test_all_are_ready(kubectl):
    kubectl("wait --for=condition=Ready node --all --timeout=120s")
    nodes = json.loads(kubectl("get nodes -o json"))["items"]
    assert {node["metadata"]["name"] for node in nodes} == NAMES


def test_the_nodes_own_api_server_answers(host, kubectl):
    address = host.check_output("hostname -I").split()
    own = next(a for a in address if a.startswith("192.168.77.3") and a != "192.168.77.30")
    assert kubectl(f"--server https://{own}:6443 get --raw /readyz") == "ok"


def test_etcd_has_these_three_members_and_no_other(host):
    members = json.loads(host.check_output(f"{ETCDCTL} member list -w json"))["members"]
    assert {member["name"] for member in members} == NAMES
    host.check_output(f"{ETCDCTL} endpoint health --cluster")


def test_objects_are_as_they_were(kubectl):
    assert kubectl("get configmap before -o jsonpath={.data.word}") == "plain"
    names = kubectl("get configmaps -o name").split()
    assert "configmap/after" not in names  # since the snapshot, or not made yet


def test_the_secret_is_there_and_stored_encrypted(host, kubectl):
    word = "not-for-everybody"
    found = kubectl("get secret hidden -o 'go-template={{.data.word | base64decode}}'")
    assert found == word
    asked = f"{ETCDCTL} get /registry/secrets/default/hidden --print-value-only | base64 -w0"
    stored = base64.b64decode(host.check_output(asked))
    assert stored.startswith(b"k8s:enc:secretbox:v1:key1:") and word.encode() not in stored


def test_nothing_of_a_restore_is_left_in_etcds_folder(host):
    assert host.check_output("ls -A /var/lib/etcd") == "member"
    assert host.check_output("find /etc/kubernetes -name '*.key' -perm /077") == ""


def test_no_failed_units(host):
    assert not host.check_output("systemctl list-units --state=failed --plain --no-legend")

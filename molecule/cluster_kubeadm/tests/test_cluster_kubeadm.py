"""A cluster of two node containers, asked by its API server and on its nodes."""

import json
import time

import pytest

KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "spec": {
        "terminationGracePeriodSeconds": 1,
        "tolerations": [{"operator": "Exists"}],
        "containers": [
            {"name": "c", "image": "registry.lab/toolbox:1", "imagePullPolicy": "Never"}
        ],
    },
}


@pytest.fixture
def kubectl(host):
    """Runs kubectl; only on the control plane."""
    if "control" not in host.backend.hostname:
        pytest.skip("asked on the control plane")

    def run(arguments, patience=120):
        end = time.monotonic() + patience
        while (done := host.run(f"{KUBECTL} {arguments}")).rc and time.monotonic() < end:
            time.sleep(1)  # the API server starts with the node
        assert done.rc == 0, done.stderr
        return done.stdout

    return run


def test_all_nodes_are_ready(kubectl):
    kubectl("wait --for=condition=Ready node --all --timeout=120s")
    nodes = json.loads(kubectl("get nodes -o json"))["items"]
    assert {node["metadata"]["name"] for node in nodes} == {"alpha-control-1", "alpha-worker-1"}
    assert {node["status"]["nodeInfo"]["kubeletVersion"] for node in nodes} == {"v1.36.3"}


def test_the_issuer_of_service_accounts_is_the_sites_own(kubectl):
    found = json.loads(kubectl("get --raw /.well-known/openid-configuration"))
    assert found["issuer"] == "https://alpha.alpha.example"


def test_a_worker_has_the_models_labels(kubectl):
    labels = json.loads(kubectl("get node alpha-worker-1 -o json"))["metadata"]["labels"]
    assert labels["lab.example/kind"] == "container"


def test_credentials_to_join_end_by_themselves(kubectl):
    secrets = json.loads(
        kubectl("get secrets -n kube-system -o json --field-selector "
                "type=bootstrap.kubernetes.io/token")
    )["items"]  # fmt: skip
    assert all("expiration" in secret["data"] for secret in secrets)


def test_pods_of_two_nodes_reach_each_other(kubectl, host):
    nodes = ("alpha-control-1", "alpha-worker-1")
    pods = [
        {**POD, "metadata": {"name": node}, "spec": {**POD["spec"], "nodeName": node}}
        for node in nodes
    ]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": pods})
    # the account's token comes a moment after the namespace
    kubectl("get serviceaccount default")
    host.check_output(f"echo '{text}' | {KUBECTL} apply -f -")
    try:
        kubectl("wait --for=condition=Ready pod --all --timeout=120s")
        address = kubectl("get pod alpha-worker-1 -o jsonpath={.status.podIP}")
        assert address.startswith("10.101.12.")
        assert "2 received" in kubectl(f"exec alpha-control-1 -- ping -c2 -w10 {address}")
        # by name and service address: CoreDNS and kube-proxy of each node
        connect = "import socket; socket.create_connection(('kubernetes.default.svc', 443), 10)"
        for node in nodes:
            kubectl(f'exec {node} -- python3 -c "{connect}"')
    finally:
        kubectl("delete pod --all --wait --timeout=60s")


def test_nothing_secret_is_left_behind(host):
    assert host.check_output("ls /run/slipway 2>/dev/null || true") == ""
    keys = "find /etc/kubernetes /var/lib/kubelet/pki -name '*.key' -perm /077"
    assert host.check_output(keys) == ""


def test_no_failed_units(host):
    assert not host.check_output("systemctl list-units --state=failed --plain --no-legend")

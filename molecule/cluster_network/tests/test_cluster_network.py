"""Second interfaces of pods on two workers: real Kubernetes, Multus and macvlan."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import testinfra

CHECKOUT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(CHECKOUT))

from lab import network  # noqa: E402  the checkout is no package of the venv
from lab.node.node import Node  # noqa: E402
from lab.paths import Paths  # noqa: E402

CONTROL, ONE, TWO = "alpha-control-1", "alpha-worker-1", "alpha-worker-2"
KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"
NETWORKS = "k8s.v1.cni.cncf.io/networks"
BOTH = "fabrics/storage, fabrics/rdma"
#: Of the guard only: the policy does not see through JSON's escapes.
HIDDEN = '[{"name": "\\u0073torage", "namespace": "fabrics"}]'


@pytest.fixture(scope="module")
def on():
    """``on(node, command)``: its output."""
    config = Paths.of(None).home / "ssh_config"
    hosts = {
        name: testinfra.get_host(f"ssh://{name}", ssh_config=str(config))
        for name in (CONTROL, ONE, TWO)
    }
    return lambda node, command: hosts[node].check_output(command)


@pytest.fixture(scope="module")
def kubectl(on):
    """``kubectl(arguments)``, on the control plane, when all nodes are there."""

    def run(arguments, **objects):
        command = f"{KUBECTL} {arguments}"
        if objects:
            command = f"cat <<'END' | {command}\n{json.dumps(objects)}\nEND"
        return on(CONTROL, command)

    until(lambda: "ok" in run("get --raw /readyz"), 120)
    run("wait --for=condition=Ready node --all --timeout=120s")
    run("get serviceaccount default")  # comes a moment after the namespace
    until(lambda: labels(run, ONE, TWO) == {"up"}, 60)
    return run


def until(true, seconds):
    """Wait until it is so."""
    end = time.monotonic() + seconds
    while True:
        try:
            if true() or time.monotonic() > end:
                break
        except (AssertionError, ValueError):  # what fails, or is not there yet
            if time.monotonic() > end:
                raise
        time.sleep(1)
    assert true()


def labels(kubectl, *nodes):
    """What nodes say of their fabrics."""
    found = (
        json.loads(kubectl(f"get node {node} -o json"))["metadata"]["labels"] for node in nodes
    )
    return {each.get(f"fabric.slipway/{name}") for each in found for name in ("storage", "rdma")}


def pod(name, networks=BOTH, **spec):
    container = {"name": "c", "image": "registry.lab/toolbox:1", "imagePullPolicy": "Never"}
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "annotations": {NETWORKS: networks}},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container], **spec},
    }  # fmt: skip


@pytest.fixture
def start(kubectl):
    """``start(pod)``; they go at the end."""
    names = []

    def create(thing):
        kubectl("create -f -", **thing)
        names.append(thing["metadata"]["name"])

    yield create
    if names:
        kubectl(f"delete pod --wait --timeout=60s --ignore-not-found {' '.join(names)}")


@pytest.fixture
def events(kubectl):
    """``events(name)``: what the cluster says of a pod."""
    return lambda name: kubectl(
        f"get events --field-selector involvedObject.name={name} -o jsonpath={{.items[*].message}}"
    )


def phase(kubectl, name):
    return kubectl(f"get pod {name} -o jsonpath={{.status.phase}}")


def addresses(kubectl, name):
    """Fabric → the pod's address."""
    found = json.loads(kubectl(f"get pod {name} -o json"))["metadata"]["annotations"]
    status = json.loads(found["k8s.v1.cni.cncf.io/network-status"])
    return {each["name"].removeprefix("fabrics/"): each["ips"][0] for each in status}


def cable(node, fabric, state):
    """The switch's end of a node's cable."""
    network.batch(Paths.of(None), f"link set {Node.named(node).cable(fabric)} {state}")


def test_pods_of_a_deployment_reach_each_other_on_both_fabrics(kubectl):
    template = pod("x", topologySpreadConstraints=[{
        "maxSkew": 1, "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "pair"}},
    }])  # fmt: skip
    template["metadata"] = {"annotations": {NETWORKS: BOTH}, "labels": {"app": "pair"}}
    del template["apiVersion"], template["kind"]
    kubectl("apply -f -", apiVersion="apps/v1", kind="Deployment", metadata={"name": "pair"}, spec={
        "replicas": 2, "selector": {"matchLabels": {"app": "pair"}}, "template": template,
    })  # fmt: skip
    kubectl("rollout status deployment/pair --timeout=120s")
    # after nodes were down they come back by themselves; until then the API shows what was before
    until(lambda: reached(kubectl), 180)
    assert {each["spec"]["nodeName"] for each in running(kubectl)} == {ONE, TWO}


def reached(kubectl):
    """Whether each fabric goes from one of the pair to the other."""
    first, second = (each["metadata"]["name"] for each in running(kubectl))
    mine, others = addresses(kubectl, first), addresses(kubectl, second)
    for fabric in ("storage", "rdma"):
        assert mine[fabric] != others[fabric]
        said = kubectl(f"exec {first} -- ping -c2 -w10 {others[fabric]}")
        assert " 0% packet loss" in said, fabric
    return True


def running(kubectl):
    found = json.loads(kubectl("get pods -l app=pair -o json"))["items"]
    return [
        each for each in found
        if each["status"]["phase"] == "Running" and "deletionTimestamp" not in each["metadata"]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("networks", "fabrics"),
    [
        ("fabrics/storage", {"storage"}),
        (" fabrics/rdma@rdma0 ,fabrics/storage", {"storage", "rdma"}),
        ('[{"namespace":"fabrics","name" : "rdma"}]', {"rdma"}),
        (
            '[{"Name": "storage", "mac": "x", "namespace": "fabrics"}, {"name": "rdma"}]',
            {"storage"},
        ),
        ("fabrics/storages, other/rdma, storage", set()),
    ],
)
def test_who_asks_for_a_fabric_is_kept_to_nodes_that_have_it(kubectl, networks, fabrics):
    made = json.loads(
        kubectl(
            "create --dry-run=server -o json -f -", **pod("asks", networks, nodeSelector={"a": "b"})
        )
    )
    wanted = {f"fabric.slipway/{fabric}": "up" for fabric in fabrics}
    assert made["spec"]["nodeSelector"] == {"a": "b", **wanted}


def test_a_node_may_read_the_kits_attachments_and_no_other(on):
    def may(what):
        command = f"kubectl --kubeconfig /etc/kubernetes/kubelet.conf auth can-i {what} || true"
        return on(ONE, command).splitlines()[-1]

    kind = "network-attachment-definitions.k8s.cni.cncf.io"
    assert may(f"get {kind} --namespace fabrics") == "yes"
    no = ("get default", "list fabrics", "create fabrics", "patch fabrics")
    for verb, namespace in (words.split() for words in no):
        what = f"{verb} {kind} --namespace {namespace}"
        assert may(what) == "no", what


def test_a_fabric_that_is_down_is_said_and_keeps_pods_out_until_it_is_up(kubectl, start, events):
    cable(ONE, "storage", "down")
    try:
        words = f"fabric storage is down on node {ONE}: interface storage has no carrier"
        until(lambda: words in kubectl(f"get node {ONE} -o json"), 20)
        assert labels(kubectl, ONE) == {"down", "up"}
        assert labels(kubectl, TWO) == {"up"}
        here = {"kubernetes.io/hostname": ONE}
        start(pod("waits", nodeSelector=here))
        start(pod("other-fabric", "fabrics/rdma", nodeSelector=here))
        start(pod("elsewhere"))
        # neither the scheduler nor the policy kept this one away
        start(pod("guarded", HIDDEN, nodeName=ONE))
        until(lambda: words in events("guarded"), 30)
        until(lambda: "didn't match Pod's node affinity/selector" in events("waits"), 30)
        kubectl("wait --for=condition=Ready pod/other-fabric pod/elsewhere --timeout=60s")
        assert kubectl("get pod elsewhere -o jsonpath={.spec.nodeName}") == TWO
        assert {phase(kubectl, name) for name in ("waits", "guarded")} == {"Pending"}
    finally:
        cable(ONE, "storage", "up")
    kubectl("wait --for=condition=Ready pod/waits pod/guarded --timeout=90s")
    assert labels(kubectl, ONE) == {"up"}
    assert set(addresses(kubectl, "waits")) == {"slipway", "storage", "rdma"}
    assert set(addresses(kubectl, "guarded")) == {"slipway", "storage"}


@pytest.mark.parametrize(
    ("missing", "networks", "reason"),
    [
        ("/opt/cni/bin/multus", BOTH, 'failed to find plugin "multus"'),
        ("/opt/cni/bin/slipway-fabric", BOTH, 'failed to find plugin "slipway-fabric"'),
        ("/etc/cni/multus/net.d/rdma.conflist", BOTH, "no network available in the name rdma"),
        ("/etc/cni/slipway/00-multus.conf", BOTH, "cni plugin not initialized"),
        (
            None,
            "fabrics/nothere",
            'network-attachment-definitions.k8s.cni.cncf.io "nothere" not found',
        ),
    ],
)
def test_no_pod_starts_without_the_fabric_that_it_asks_for(
    kubectl, on, start, events, missing, networks, reason
):
    if missing:
        on(ONE, f"mv {missing} {missing}~")
    try:
        if "00-multus" in (missing or ""):
            until(
                lambda: "False" in kubectl(f"get node {ONE} -o json | grep -B8 KubeletNotReady"), 60
            )
        start(pod("fails", networks, nodeName=ONE, tolerations=[{"operator": "Exists"}]))
        until(lambda: reason in events("fails"), 60)
        assert phase(kubectl, "fails") == "Pending"
    finally:
        if missing:
            on(ONE, f"mv {missing}~ {missing}")
    kubectl(f"wait --for=condition=Ready node/{ONE} --timeout=60s")
    if missing:
        kubectl("wait --for=condition=Ready pod/fails --timeout=90s")
        assert set(addresses(kubectl, "fails")) == {"slipway", "storage", "rdma"}


def test_no_address_is_doubled_or_lost_by_starts_and_kills():
    command = [sys.executable, str(CHECKOUT / "scripts" / "bench"), "addresses", "--starts"]
    done = subprocess.run(
        [*command, os.environ.get("STARTS", "40")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^doubled: \[\]$", done.stdout, re.M)
    assert "left: {'pods': 0, 'addresses': 0}" in done.stdout


def test_no_failed_units(on):
    for node in (CONTROL, ONE, TWO):
        assert not on(node, "systemctl list-units --state=failed --plain --no-legend")

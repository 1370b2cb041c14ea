"""RDMA between pods of two virtual machines, over macvlan on VFs; the count is a stand-in."""

import json
import re
import sys
import time
from pathlib import Path

import pytest
import testinfra

CHECKOUT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(CHECKOUT))

from lab.paths import Paths  # noqa: E402  the checkout is no package of the venv

CONTROL, WORKERS = "alpha-control-1", ("worker-1", "worker-2")
#: The cluster enforces Pod Security, which such pods are exempt from in a namespace of their own.
NAMESPACE = {
    "apiVersion": "v1", "kind": "Namespace",
    "metadata": {"name": "rdma", "labels": {"pod-security.kubernetes.io/enforce": "privileged"}},
}  # fmt: skip
KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf --namespace rdma"
#: Emulated nodes on a busy machine.
PATIENCE = 900


@pytest.fixture(scope="module")
def on():
    """``on(node, command)``: its output."""
    config = str(Paths.of(None).home / "ssh_config")
    hosts = {
        name: testinfra.get_host(f"ssh://{name}", ssh_config=config) for name in (CONTROL, *WORKERS)
    }
    return lambda node, command: hosts[node].check_output(command)


@pytest.fixture(scope="module")
def kubectl(on):
    return lambda arguments: on(CONTROL, f"{KUBECTL} {arguments}")


def pod(name, node, resources):
    container = {
        "name": "c", "image": "registry.lab/toolbox:1", "imagePullPolicy": "Never",
        # lab only: no device plugin hands over what only this pod has
        "securityContext": {"privileged": True}, "resources": {"limits": resources},
    }  # fmt: skip
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": name, "annotations": {"k8s.v1.cni.cncf.io/networks": "fabrics/rdma"},
        },
        "spec": {
            "nodeSelector": {"kubernetes.io/hostname": node}, "containers": [container],
            "terminationGracePeriodSeconds": 1,
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def pods(on, kubectl):
    """{node: (pod, its address on the fabric)}"""
    kubectl(f"wait --for=condition=Ready node --all --timeout={PATIENCE}s")
    found = {}
    on(CONTROL, f"cat <<'END' | {KUBECTL} apply -f -\n{json.dumps(NAMESPACE)}\nEND")
    for node in WORKERS:
        text = json.dumps(pod(f"rdma-{node}", node, {"rdma/rdma": "1"}))
        on(CONTROL, f"cat <<'END' | {KUBECTL} apply -f -\n{text}\nEND")
    for node in WORKERS:
        name = f"rdma-{node}"
        kubectl(f"wait --for=condition=Ready pod/{name} --timeout={PATIENCE}s")
        shown = json.loads(kubectl(f"exec {name} -- ip -json -4 address show dev net1"))
        found[node] = name, shown[0]["addr_info"][0]["local"]
    yield found
    kubectl(f"delete namespace rdma --wait --timeout={PATIENCE}s")


@pytest.fixture(scope="module")
def gid(kubectl):
    """``gid(pod, address)``: RDMA device and index of the GID that the address has."""

    def find(name, address):
        shown = kubectl(
            f"exec {name} -- sh -c 'cd /sys/class/infiniband; "
            'for f in */ports/1/gids/*; do echo "$f $(cat $f)"; done\''
        )
        wanted = "ffff:" + "{:02x}{:02x}:{:02x}{:02x}".format(*map(int, address.split(".")))
        lines = [line for line in shown.splitlines() if line.endswith(wanted)]
        assert len(lines) == 1, shown
        device, index = re.match(r"(\w+)/ports/1/gids/(\d+) ", lines[0]).groups()
        return device, index

    return find


def run_both(on, kubectl, server, client, patience=PATIENCE):
    """Run *server* in one pod and, when it listens, *client* in the other; the client's output."""
    (one, command), (other, argv) = server, client
    on(CONTROL, f"nohup {KUBECTL} exec {one} -- {command} >/tmp/server.log 2>&1 </dev/null &")
    end, port = time.monotonic() + patience, command.split("-p ")[1].split()[0]
    while f":{port} " not in kubectl(f"exec {one} -- ss -ltn") and time.monotonic() < end:
        time.sleep(1)
    return on(CONTROL, f"timeout {patience} {KUBECTL} exec {other} -- {argv}")


def test_a_pod_has_its_interface_on_the_vf_with_the_fabrics_mtu(on, kubectl, pods):
    for node, (name, _) in pods.items():
        link = json.loads(kubectl(f"exec {name} -- ip -json -details link show dev net1"))[0]
        assert link["linkinfo"]["info_kind"] == "macvlan"
        assert link["mtu"] == 9000
        parent = json.loads(on(node, "ip -json link show dev data0v0"))[0]
        assert link["link_index"] == parent["ifindex"]
        assert on(node, "readlink /sys/class/net/data0v0/device/physfn").endswith(":01:00.0")


def test_the_gid_of_the_pods_address_is_roce_v2(kubectl, pods, gid):
    for name, address in pods.values():
        device, index = gid(name, address)
        kind = kubectl(
            f"exec {name} -- cat /sys/class/infiniband/{device}/ports/1/gid_attrs/types/{index}"
        )
        assert kind == "RoCE v2"


def test_pods_may_lock_memory(kubectl, pods):
    for name, _ in pods.values():
        limits = kubectl(f"exec {name} -- cat /proc/self/limits")
        assert re.search(r"Max locked memory +unlimited", limits)


def test_the_count_is_offered_and_taken_stand_in(kubectl, pods):
    assert pods
    for node in WORKERS:
        status = json.loads(kubectl(f"get node {node} -o json"))["status"]
        assert status["allocatable"]["rdma/rdma"] == "3"
    other = json.loads(kubectl(f"get node {CONTROL} -o json"))["status"]
    assert "rdma/rdma" not in other["allocatable"]


def test_kubelet_places_by_numa(on):
    for node in WORKERS:
        state = json.loads(on(node, "cat /var/lib/kubelet/cpu_manager_state"))
        assert state["policyName"] == "static"


def test_pingpong_between_pods(on, kubectl, pods, gid):
    (one, address), (other, mine) = (pods[node] for node in WORKERS)
    argv = "ibv_rc_pingpong -p 18601 -s 4096 -n 50 -d {} -g {}"
    said = run_both(
        on, kubectl, (one, argv.format(*gid(one, address))),
        (other, f"{argv.format(*gid(other, mine))} {address}"),
    )  # fmt: skip
    assert re.search(r"50 iters in [\d.]+ seconds", said), said


def test_write_bandwidth_between_pods(on, kubectl, pods, gid):
    (one, address), (other, mine) = (pods[node] for node in WORKERS)
    argv = "ib_write_bw -F --report_gbits -p 18602 -s 65536 -n 20 -d {} -x {}"
    said = run_both(
        on, kubectl, (one, argv.format(*gid(one, address))),
        (other, f"{argv.format(*gid(other, mine))} {address}"),
    )  # fmt: skip
    row = re.search(r"^\s*65536\s+20\s+[\d.]+\s+([\d.]+)", said, re.M)
    assert row and float(row[1]) > 0, said


def test_a_pod_that_ends_takes_its_link_with_it(on, kubectl, pods):
    node = WORKERS[0]
    before = set(on(node, "ls /sys/class/infiniband").split())
    assert len(before) == 1
    name, _ = pods[node]
    text = json.dumps(pod("brief", node, {"rdma/rdma": "1"}))
    on(CONTROL, f"cat <<'END' | {KUBECTL} apply -f -\n{text}\nEND")
    kubectl(f"wait --for=condition=Ready pod/brief --timeout={PATIENCE}s")
    assert len(on(node, "ls /sys/class/infiniband").split()) == 2
    kubectl(f"delete pod brief --wait --timeout={PATIENCE}s")
    end = time.monotonic() + PATIENCE
    while set(on(node, "ls /sys/class/infiniband").split()) != before and time.monotonic() < end:
        time.sleep(2)
    assert set(on(node, "ls /sys/class/infiniband").split()) == before
    assert kubectl(f"get pod {name} -o jsonpath={{.status.phase}}") == "Running"
    assert "unregister_netdevice" not in on(node, "dmesg")

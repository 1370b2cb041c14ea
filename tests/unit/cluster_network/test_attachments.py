"""Second interfaces on a stand-in node: systemctl and the program's call are stand-ins."""

import json
import os
import subprocess
import sys

import pytest
from ansible.module_utils.cluster_network import ClusterNetwork, NetworkSpec, SpecError, paths
from ansible.module_utils.cluster_network.attachments import attachment
from ansible.module_utils.converge import ConvergeError, converge, failed
from fakes.crash import cut_everywhere

STORAGE = {
    "interface": "storage0", "kind": "macvlan", "mtu": 9000, "subnet": "10.10.0.0/16",
    "first": "10.10.128.32", "last": "10.10.128.63",
}  # fmt: skip
DESIRED = {
    "node": "worker-1", "pod_subnet": "10.101.11.0/24", "multus": True,
    "fabrics": {"storage": STORAGE, "rdma": {**STORAGE, "interface": "rdma0", "kind": "ipvlan"}},
}  # fmt: skip


@pytest.fixture
def node(new_node):
    return equipped(new_node())


def equipped(node):
    for name in paths.PROGRAMS:
        node.write_file(f"/opt/cni/bin/{name}", "a program")
    return node


def network(node, **changes):
    return ClusterNetwork(node, NetworkSpec.parse({**DESIRED, **changes}))


def names(result):
    return [step["name"] for step in result.steps]


def test_multus_comes_last_and_then_nothing_on_stand_in(node):
    planned = names(converge(network(node), check=True))
    done = names(converge(network(node)))
    assert done == planned
    assert done[-2:] == ["file:00-multus.conf", "service:slipway-fabrics"]
    assert not converge(network(node)).changed
    again = network(node)
    assert failed(again.verify(again.observe())) == []


def test_the_chain_begins_with_the_guard(node):
    converge(network(node))
    chain = json.loads(node.read(attachment("storage")))
    guard, interface = chain["plugins"]
    assert (guard["type"], guard["fabric"]) == ("slipway-fabric", "storage")
    assert (interface["type"], interface["master"]) == ("macvlan", "storage0")
    # what is taken is forgotten with the boot that ends the pods
    assert interface["ipam"]["dataDir"].startswith("/run/")
    rdma = json.loads(node.read(attachment("rdma")))["plugins"][1]
    assert (rdma["type"], rdma["mode"]) == ("ipvlan", "l2")


def test_the_primary_network_is_where_only_multus_looks(node):
    converge(network(node))
    multus = json.loads(node.read(paths.MULTUS))
    assert multus["clusterNetwork"] == paths.PRIMARY
    assert paths.CONFLIST.startswith(f"{paths.PRIMARY}/")
    assert not paths.PRIMARY.startswith(paths.RUNTIME)
    # Cilium and Calico write their own file
    converge(network(node, pod_subnet=""))
    assert node.read(paths.CONFLIST) is None


def test_a_node_without_fabrics_has_multus_nevertheless(node):
    converge(network(node, fabrics={}))
    assert node.read(paths.MULTUS)
    assert node.glob(attachment("*")) == []


def test_a_fabric_that_is_no_more_takes_its_file_along(node):
    converge(network(node))
    assert "file:rdma.conflist" in names(converge(network(node, fabrics={"storage": STORAGE})))
    assert node.glob(attachment("*")) == [attachment("storage")]
    assert json.loads(node.read(paths.FABRICS))["fabrics"] == {"storage": "storage0"}


def test_without_multus_nothing_is_left(node):
    converge(network(node))
    converge(network(node, multus=False, fabrics={}))
    left = [p for p in (paths.MULTUS, paths.UNIT, paths.FABRICS, paths.PROGRAM) if node.exists(p)]
    assert left + node.glob(attachment("*")) == []
    assert node.cleared


def test_programs_that_are_missing_are_named(new_node):
    # before cluster_runtime has run check mode only plans
    assert converge(network(new_node()), check=True).changed
    with pytest.raises(ConvergeError, match=r"multus, macvlan, ipvlan, host-local: not in"):
        converge(network(new_node()))


def test_a_slice_does_not_move_under_running_pods(node):
    converge(network(node))
    for name in ("10.10.128.40", "last_reserved_ip.0", "lock"):
        node.write_file(f"{paths.LEASES}/storage/{name}", "x")
    moved = {**STORAGE, "first": "10.10.128.64", "last": "10.10.128.95"}
    with pytest.raises(ConvergeError, match=r"10\.10\.128\.40.*kubectl drain worker-1"):
        converge(network(node, fabrics={"storage": moved}))
    assert not converge(network(node)).changed


def test_the_program_is_whole_and_runs(node):
    converge(network(node))
    path = node.path(paths.PROGRAM)
    assert os.access(path, os.X_OK)
    config = {**json.loads(node.read(attachment("storage")))["plugins"][0], "cniVersion": "1.0.0"}
    done = subprocess.run(
        [sys.executable, "-IS", path], input=json.dumps(config), text=True, check=False,
        capture_output=True, env={"CNI_COMMAND": "ADD"},
    )  # fmt: skip
    assert done.returncode == 1
    assert json.loads(done.stdout)["msg"] == (
        "fabric storage is down on node worker-1: there is no interface storage0"
    )


def test_a_program_that_lost_its_mode_is_written_again(node):
    converge(network(node))
    os.chmod(node.path(paths.PROGRAM), 0o644)
    assert "file:slipway-fabric" in names(converge(network(node)))
    assert os.access(node.path(paths.PROGRAM), os.X_OK)


def test_cut_at_every_step_and_change_and_run_again_on_stand_in(new_node):
    cut_everywhere(lambda: equipped(new_node()), network)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fabrics": {"Storage": STORAGE}}, "fabrics.Storage: expected a DNS label"),
        ({"fabrics": {"storage": {**STORAGE, "kind": "bridge"}}}, r"fabrics\.storage\.kind"),
        ({"fabrics": {"storage": {**STORAGE, "interface": "../x"}}}, r"storage\.interface"),
        (
            {"fabrics": {"storage": {**STORAGE, "last": "10.11.0.1"}}},
            r"storage\.last: is not within",
        ),
        ({"multus": False}, "multus: needed for fabrics"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(change, words):
    with pytest.raises(SpecError, match=words):
        NetworkSpec.parse({**DESIRED, **change})

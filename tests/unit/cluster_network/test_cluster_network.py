"""cluster_network on a stand-in node: ip and systemctl are stand-ins."""

import json

import pytest
from ansible.module_utils.cluster_network import ClusterNetwork, NetworkSpec, SpecError
from ansible.module_utils.cluster_network.subject import BATCH, CONFLIST
from ansible.module_utils.converge import converge, failed
from fakes.crash import cut_everywhere

DESIRED = {
    "node": "worker-1", "pod_subnet": "10.101.11.0/24", "pods": "10.101.0.0/16",
    "mtu": 9000, "routes": {"10.101.12.0/24": "192.0.2.41"},
}  # fmt: skip


def network(node, **changes):
    return ClusterNetwork(node, NetworkSpec.parse({**DESIRED, **changes}))


def names(result):
    return [step["name"] for step in result.steps]


def test_all_steps_and_then_none_on_stand_in(new_node):
    node = new_node()
    planned = names(converge(network(node), check=True))
    assert names(converge(network(node))) == planned == [
        "cni:bridge", "file:pod-routes", "file:slipway-pod-routes.service",
        "routes", "enable:pod-routes",
        "file:pods.nft", "file:slipway-pods.service", "pods:outside", "enable:pods",
    ]  # fmt: skip
    bridge = json.loads(node.read(CONFLIST))["plugins"][0]
    assert (bridge["mtu"], bridge["ipam"]["ranges"]) == (9000, [[{"subnet": "10.101.11.0/24"}]])
    again = network(node)
    assert not converge(again).changed
    assert failed(again.verify(again.observe())) == []


def test_a_node_that_left_takes_its_route_along(new_node):
    node = new_node()
    converge(network(node))
    result = converge(network(node, routes={"10.101.13.0/24": "192.0.2.43"}))
    assert node.routes == {"10.101.13.0/24": "192.0.2.43"}
    assert "routes" in names(result)
    assert "10.101.12" not in node.read(BATCH)


def test_a_lost_route_is_seen_and_comes_back(new_node):
    node = new_node()
    converge(network(node))
    node.routes.clear()
    seen = network(node)
    assert [c.step for c in failed(seen.verify(seen.observe()))] == ["routes"]
    assert names(converge(network(node))) == ["routes"]


def test_a_node_that_joins_many_takes_one_step_and_one_command(new_node):
    node = new_node()
    many = {f"10.102.{n}.0/24": f"192.0.2.{n}" for n in range(250)}
    result = converge(network(node, routes=many))
    assert node.routes == many
    assert names(result).count("routes") == len(node.batches) == 1


def test_a_later_run_gives_only_the_routes_that_differ(new_node):
    node = new_node()
    converge(network(node))
    node.routes["10.101.12.0/24"] = "192.0.2.99"
    node.routes["10.101.99.0/24"] = "192.0.2.98"
    converge(network(node))
    assert node.batches[1].splitlines() == [
        "route del 10.101.99.0/24 proto 83",
        "route replace 10.101.12.0/24 via 192.0.2.41 proto 83",
    ]


def test_the_way_out_comes_back_and_goes_with_the_bridge(new_node):
    node = new_node()
    converge(network(node))
    node.rules = ""
    seen = network(node)
    assert [c.step for c in failed(seen.verify(seen.observe()))] == ["pods:outside"]
    assert names(converge(network(node))) == ["pods:outside"]
    assert "ip saddr 10.101.0.0/16 ip daddr != 10.101.0.0/16 masquerade" in node.rules
    converge(network(node, pods="", pod_subnet=""))
    assert (node.rules, node.read("/etc/slipway/pods.nft")) == ("", None)


def test_cut_at_every_step_and_change_and_run_again_on_stand_in(new_node):
    cut_everywhere(new_node, network)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pod_subnet": "10.101.11.1/24"}, "pod_subnet: .*host bits"),
        ({"routes": {"x": "192.0.2.1"}}, "routes: 'x'"),
        ({"routes": {"10.0.0.0/24": "x"}}, "routes.10.0.0.0/24: 'x'"),
        ({"mtu": 100}, "mtu"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(change, words):
    with pytest.raises(SpecError, match=words):
        NetworkSpec.parse({**DESIRED, **change})

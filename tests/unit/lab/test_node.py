"""Names of node containers, and what follows from them."""

import pytest

from lab.errors import LabError
from lab.node.node import ALL, SITES, Node, is_node


def test_names_and_addresses_are_each_nodes_own():
    assert len({node.name for node in ALL}) == len({node.address for node in ALL}) == len(ALL)
    assert all(Node.named(node.name) == node for node in ALL)


def test_an_address_is_on_its_sites_network():
    node = Node.named("beta-worker-2")
    assert (node.address, node.gateway) == ("192.168.78.42", "192.168.78.1")
    assert all(node.address.startswith(SITES[node.site]) for node in ALL)


def test_cables_have_names_that_the_kernel_takes():
    names = [node.cable(end) for node in ALL for end in ("eth0", "storage", "rdma")]
    assert max(map(len, names)) <= 15
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["alpha-control-0", "delta-worker-1", "alpha-storage-1", "alpha"])
def test_other_names_are_refused(name):
    with pytest.raises(LabError, match="SITE-ROLE-NUMBER"):
        Node.named(name)


def test_a_virtual_machine_is_no_node():
    assert not is_node("host-1")
    assert is_node("alpha-control-1")

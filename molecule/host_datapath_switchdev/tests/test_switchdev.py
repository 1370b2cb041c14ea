"""A host whose NIC is in switchdev mode. The NIC is a stand-in of the kernel's."""

import json
import re

import pytest


def test_eswitch_mode(host):
    shown = json.loads(host.check_output("devlink -j dev eswitch show netdevsim/netdevsim10"))
    assert shown["dev"]["netdevsim/netdevsim10"]["mode"] == "switchdev"


def test_representors_are_in_the_bridge(host):
    ports = set(host.check_output("ovs-vsctl list-ports br-data").split())
    assert ports == {"bond0", "data0_0", "data0_1", "data0_2"}


def test_open_vswitch_offloads(host):
    shown = host.check_output("ovs-vsctl get Open_vSwitch . other_config:hw-offload")
    assert shown.strip('"') == "true"


def test_bond(host):
    bond = host.file("/proc/net/bonding/bond0").content_string
    assert "Number of ports: 2" in bond
    assert "Partner Mac Address: 00:00:00:00:00:00" not in bond


def test_the_command_agrees(host):
    done = host.run("slipway-datapath plan --json")
    assert done.rc == 0, done.stdout
    assert json.loads(host.check_output("slipway-datapath status --json"))["gate"]["open"]


@pytest.fixture
def pings_to_a_vm(host):
    """The rack pings an address that the bridge knows behind a VF's representor."""
    mac, rack = "02:00:00:00:00:aa", "ip -n tor"
    host.check_output(f"ovs-appctl fdb/add br-data data0_0 0 {mac}")
    host.check_output(f"{rack} address replace 198.51.100.1/24 dev bond0")
    host.check_output(f"{rack} neighbour replace 198.51.100.2 lladdr {mac} dev bond0")
    host.run("ip netns exec tor ping -c 8 -i 0.3 -W 1 198.51.100.2")  # no VM is there to answer
    yield mac
    host.check_output(f"{rack} address delete 198.51.100.1/24 dev bond0")
    host.check_output(f"ovs-appctl fdb/del br-data 0 {mac}")


def test_flows_with_traffic_are_offloaded_by_the_stand_in(host, pings_to_a_vm):
    flows = host.check_output("ovs-appctl dpctl/dump-flows -m type=offloaded").splitlines()
    (flow,) = [each for each in flows if f"dst={pings_to_a_vm}" in each and "0x0800" in each]
    assert "in_port(bond0)" in flow
    assert "offloaded:yes, dp:tc, actions:data0_0" in flow
    assert int(re.search(r"packets:(\d+)", flow)[1]) >= 5  # the first ones took the slow path
    filters = host.check_output("tc -s filter show dev bond0 ingress")
    assert "in_hw in_hw_count 2" in filters  # both ports of the bond have it


def test_no_failed_units(host):
    assert not host.check_output("systemctl list-units --state=failed --plain --no-legend")

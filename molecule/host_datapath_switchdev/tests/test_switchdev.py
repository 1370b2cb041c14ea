"""A host whose NIC is in switchdev mode. The NIC is a stand-in of the kernel's."""

import json


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

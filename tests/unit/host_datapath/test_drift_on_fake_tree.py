"""What changed by hand is found and put right by the fewest steps, on stand-in trees."""

import pytest
from ansible.module_utils.converge import ConvergeError, converge
from fakes.hosts import PORTS, bare, datapath, spec_dict
from fakes.model import Netdev


def converged(driver="mlx5_core", **nic):
    host = bare(driver)
    converge(datapath(host, spec_dict(driver, **nic)), clock=host.clock)
    return host


def correct(host, spec=None):
    """Steps that bring the host back."""
    host.changed()
    spec = spec or spec_dict("mlx5_core")
    result = converge(datapath(host, spec), clock=host.clock)
    assert not converge(datapath(host, spec), clock=host.clock).changed
    return [step["name"] for step in result.steps]


def lose_member(host):
    host.netdevs["data1"].master = None
    host.member_changed()


def test_lost_member_on_fake_tree():
    host = converged()
    lose_member(host)
    assert correct(host) == [
        *("gate:close", "unbind:data0", "unbind:data1", "network:activate", "lag:bond0"),
        *("bind:data0", "vf-names:data0", "bind:data1", "vf-names:data1", "gate:open"),
    ]


def test_stranger_in_the_bond_on_fake_tree():
    host = converged("igb")
    host.netdevs["dummy0"] = Netdev("dummy0", "02:00:00:00:00:09", master="bond0")
    steps = correct(host, spec_dict("igb"))
    assert steps == ["gate:close", "release:dummy0", "lag:bond0", "gate:open"]


def test_vfs_bound_too_early_on_fake_tree():
    host = converged()
    host.lag_active = False
    steps = correct(host)
    assert steps[:4] == ["gate:close", "unbind:data0", "unbind:data1", "lag:bond0"]
    assert host.lag_active


def test_a_lag_that_fell_without_vfs_on_fake_tree():
    host = converged(vfs=0)
    host.lag_active = False
    assert correct(host, spec_dict("mlx5_core", vfs=0)) == ["gate:close", "lag:bond0", "gate:open"]


def test_a_pulled_cable_leaves_the_lag_by_one_port_and_is_no_step_on_fake_tree():
    host = converged()
    host.lag_mapping = "1"
    assert correct(host) == []


def test_a_roce_lag_is_formed_anew_on_fake_tree():
    host = converged()
    host.lag_type = "roce"
    host.changed()
    subject = datapath(host, spec_dict("mlx5_core"))
    steps = [step.name for step in subject.plan(subject.observe()).steps]
    assert steps[:4] == ["gate:close", "unbind:data0", "unbind:data1", "lag:bond0"]


def test_the_lag_step_waits_for_both_ports_on_fake_tree():
    host = bare("mlx5_core")
    host.lag_mapping = "1"
    with pytest.raises(ConvergeError, match="lag:bond0: the LAG sends by port 1 only"):
        converge(datapath(host, spec_dict("mlx5_core")), clock=host.clock)


@pytest.mark.parametrize(
    ("option", "value"),
    [("xmit_hash_policy", "layer2"), ("lacp_rate", "slow"), ("mode", "active-backup")],
)
def test_bond_option_on_fake_tree(option, value):
    host = converged("igb")
    host.bonds["bond0"].options[option] = value
    assert "network:activate" in correct(host, spec_dict("igb"))


def test_names_on_fake_tree():
    host = converged("igb")
    host._rename(host.netdevs["data0"], "swap")
    host._rename(host.netdevs["data1"], "data0")
    host._rename(host.netdevs["swap"], "data1")
    assert "names:data" in correct(host, spec_dict("igb"))
    assert host.netdevs["data0"].parent == PORTS[0]


def test_offload_on_fake_tree():
    host = converged()
    host.netdevs["data1"].offload = "off"
    assert correct(host) == ["hw-tc-offload:data"]


def test_udev_rules_on_fake_tree():
    host = converged()
    host.files["/etc/udev/rules.d/70-slipway-datapath.rules"] = "# nothing"
    assert correct(host) == ["udev:rules"]


def test_openvswitch_on_fake_tree():
    host = converged()
    host.ovs.other_config["hw-offload"] = "false"
    assert correct(host) == ["openvswitch:settings", "openvswitch:restart"]
    host.ovs.other_config["max-idle"] = "1"
    assert correct(host) == ["openvswitch:settings"]
    host.ovs.do_del_port("br-data", "bond0")
    host.ovs.do_del_port("br-data", "data0_1")
    assert correct(host) == ["bridge:br-data"]
    host.ovs.do_del_br("br-data")
    del host.netdevs["br-data"]
    assert correct(host) == ["bridge:br-data"]


def test_representor_down_on_fake_tree():
    host = converged()
    host.netdevs["data0_2"].up = False
    assert correct(host) == ["up:data-representors"]


def test_representor_in_anothers_bridge_is_left_there_on_fake_tree():
    host = converged()
    host.ovs.do_add_br("br-int")
    host.ovs.do_del_port("br-data", "data0_1")
    host.ovs.do_add_port("br-int", "data0_1")
    result = converge(datapath(host, spec_dict("mlx5_core")), clock=host.clock)
    assert not result.changed
    assert "data0_1 is in bridge br-int" in result.warnings[-1]


@pytest.mark.parametrize("loss", ["address", "mtu", "vlan"])
def test_vlan_interface_on_fake_tree(loss):
    host = converged("igb")
    vlan = host.netdevs["bond0.100"]
    if loss == "address":
        vlan.addresses = []
    elif loss == "mtu":
        vlan.mtu = 1500
    else:
        del host.netdevs["bond0.100"]
    assert correct(host, spec_dict("igb")) == ["network:activate"]


def test_file_changed_by_hand_on_fake_tree():
    host = converged("igb")
    host.files["/etc/fake-network/slipway.json"] = "{}"
    host.files["/etc/fake-network/old.json"] = "{}"
    assert correct(host, spec_dict("igb")) == ["network:files", "network:activate"]
    assert "/etc/fake-network/old.json" not in host.files


def test_switch_without_lacp_on_fake_tree():
    host = bare("igb")
    host.switch_has_lacp = False
    with pytest.raises(
        ConvergeError, match=r"partner MAC of bond0 is zero.*data0 and data1"
    ) as error:
        converge(datapath(host, spec_dict("igb")), clock=host.clock)
    assert error.value.step == "lag:bond0"
    assert not host.exists("/run/slipway/datapath.ready")
    host.switch_has_lacp = True
    host.changed()
    assert correct(host, spec_dict("igb"))[-1] == "gate:open"


def test_renamed_bond_on_fake_tree():
    host = converged("igb")
    spec = spec_dict("igb", bond={"name": "bond1"})
    spec["networks"][0].update(link="bond1", interface="bond1.100")
    spec["openvswitch"]["bridges"][0].update(name="br-new", ports=["bond1"])
    steps = correct(host, spec)
    for step in ("unplug:br-data", "remove:bond0.100", "remove:bond0", "remove:br-data"):
        assert step in steps
    assert "record:end" in steps
    assert "bond0" not in host.netdevs
    assert "br-data" not in host.ovs.bridges


def test_nic_that_left_the_model_on_fake_tree():
    host = converged()
    spec = spec_dict("mlx5_core")
    spec["nics"], spec["networks"], spec["openvswitch"] = [], [], None
    steps = correct(host, spec)
    assert {"unbind:data0", "legacy:data0", "vfs:data0", "remove:bond0", "remove:br-data"} <= {
        *steps
    }
    assert host.functions[PORTS[0]].numvfs == 0
    assert host.functions[PORTS[0]].mode == "legacy"


def test_what_is_in_use_is_left_and_listed_on_fake_tree():
    host = converged("igb")
    host.netdevs["mv0"] = Netdev("mv0", "02:00:00:00:00:01", "macvlan", lower="data0v0")
    host.netdevs["storage.7"] = Netdev("storage.7", "02:00:00:00:00:02", "vlan", lower="bond0.100")
    host.ovs.do_add_port("br-data", "tap1")
    spec = spec_dict("igb")
    spec["nics"], spec["networks"], spec["openvswitch"] = [], [], None
    result = converge(datapath(host, spec), clock=host.clock)
    assert [line.split(" is ")[0].split(" has ")[0] for line in result.left] == [
        *("VF 0 of data0 (0000:3b:10.0)", "bond0.100", "bond0", "bridge br-data"),
    ]
    assert host.functions[PORTS[0]].numvfs == 4
    assert host.functions[PORTS[1]].numvfs == 0
    again = converge(datapath(host, spec), clock=host.clock)
    assert not again.changed
    assert again.left == result.left

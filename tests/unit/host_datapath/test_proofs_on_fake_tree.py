"""A command that reports success and changes nothing is found out; on stand-in trees."""

import pytest
from ansible.module_utils.converge import ConvergeError, converge
from fakes.hosts import bare, datapath, spec_dict

READY = "/run/slipway/datapath.ready"


def other_idle(spec):
    spec["openvswitch"]["max_idle"] = 777


def offload(spec):
    spec["openvswitch"]["hw_offload"] = True


def without_openvswitch(spec):
    spec["openvswitch"] = None


def renamed_bond(spec):
    spec["nics"][0]["bond"]["name"] = "bond1"
    spec["networks"][0].update(link="bond1", interface="bond1.100")
    spec["openvswitch"]["bridges"][0]["ports"] = ["bond1"]


@pytest.mark.parametrize(
    ("lost", "change", "step", "message"),
    [
        ("do_set", other_idle, "openvswitch:settings", "max-idle"),
        ("do_remove", offload, "openvswitch:restart", "still waits"),
        ("do_del_br", without_openvswitch, "remove:br-data", "still exists"),
        ("do_del_port", renamed_bond, "unplug:br-data", "bond0 still in br-data"),
    ],
)
def test_a_command_of_openvswitch_that_did_nothing_on_fake_tree(lost, change, step, message):
    host, spec = bare("igb"), spec_dict("igb")
    converge(datapath(host, spec), clock=host.clock)
    change(spec)
    setattr(host.ovs, lost, lambda *words: None)
    with pytest.raises(ConvergeError, match=message) as error:
        converge(datapath(host, spec), clock=host.clock)
    assert error.value.step == step


def add_no_port(host):
    host.ovs.do_add_port = lambda *words: None
    do_set = host.ovs.do_set
    host.ovs.do_set = lambda table, *words: table == "Port" or do_set(table, *words)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (add_no_port, "bond0 is not in br-data"),
        (lambda host: host.ovs.errors.update(bond0="could not open network device"), "bond0 in br"),
        (lambda host: setattr(host.ovs, "do_br_set_external_id", lambda *w: None), "as the kit's"),
    ],
)
def test_a_bridge_is_proven_with_its_ports_on_fake_tree(break_it, message):
    host = bare("igb")
    converge(datapath(host, spec_dict("igb")), clock=host.clock)
    host.ovs.do_del_br("br-data")
    del host.netdevs["br-data"]
    host.changed()
    break_it(host)
    with pytest.raises(ConvergeError, match=message) as error:
        converge(datapath(host, spec_dict("igb")), clock=host.clock)
    assert error.value.step == "bridge:br-data"


def test_an_openvswitch_that_does_not_answer_proves_nothing_on_fake_tree():
    host, spec = bare("igb"), spec_dict("igb")
    converge(datapath(host, spec), clock=host.clock)
    spec["openvswitch"] = None
    host.ovs.do_del_br = lambda name: setattr(host, "ovs_running", False)
    with pytest.raises(ConvergeError, match="remove:br-data: Open vSwitch does not answer"):
        converge(datapath(host, spec), clock=host.clock)


def test_a_gate_that_stays_open_on_fake_tree():
    host = bare("igb")
    converge(datapath(host, spec_dict("igb")), clock=host.clock)
    host.netdevs["data1"].master = None
    host.changed()
    remove = host.remove
    host.remove = lambda path: None if path == READY else remove(path)
    with pytest.raises(ConvergeError, match=f"gate:close: {READY} is still there"):
        converge(datapath(host, spec_dict("igb")), clock=host.clock)

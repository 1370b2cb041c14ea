"""What verify says of a host out of order, and where its figures come from; stand-in trees."""

import pytest
from ansible.module_utils.converge import failed
from ansible.module_utils.host_datapath import boot
from ansible.module_utils.host_datapath.drivers import driver
from ansible.module_utils.host_datapath.spec import Spec
from fakes.hosts import bare, datapath, spec_dict
from fakes.on_disk import converged


def broken(driver, change, **nic):
    """Failed checks after *change*: name → check."""
    host, subject = converged({**spec_dict(driver, **nic), "network_manager": "networkd"})
    change(host)
    host.changed()
    return {check.name: check for check in failed(subject.verify(subject.observe()))}


@pytest.mark.parametrize(
    ("driver", "source"),
    [("mlx5_core", "hardware"), ("igb", "emulation"), ("netdevsim", "stand-in")],
)
def test_all_hold_and_say_their_source_on_fake_tree(driver, source):
    _, subject = converged({**spec_dict(driver), "network_manager": "networkd"})
    checks = subject.verify(subject.observe())
    assert failed(checks) == []
    assert {check.source for check in checks} == {source}
    assert len({check.name for check in checks}) == len(checks) > 20


def test_a_bare_host_fails_without_a_traceback_on_fake_tree():
    subject = datapath(bare("mlx5_core"), spec_dict("mlx5_core"))
    names = {check.name for check in failed(subject.verify(subject.observe()))}
    assert {"data0: VFs", "data0: eswitch mode", "bond0: members", "gate: open"} <= names


def test_a_host_without_the_nic_on_fake_tree():
    host = bare("igb")
    host.functions.clear()
    host.changed()
    subject = datapath(host, spec_dict("igb"))
    assert "data: ports" in {check.name for check in failed(subject.verify(subject.observe()))}


def test_no_partner_on_fake_tree():
    found = broken("igb", lambda host: setattr(host, "switch_has_lacp", False))
    check = found["bond0: LACP partner"]
    assert (check.step, check.got) == ("lag", "00:00:00:00:00:00")
    assert "LACP on the switch's ports of data0 and data1" in check.look
    assert set(found) == {"bond0: LACP partner", "bond0: one aggregator"}


def test_lag_by_queue_affinity_on_fake_tree():
    found = broken("mlx5_core", lambda host: setattr(host, "lag_mode", "queue_affinity"))
    assert "selects ports by queue_affinity, not hash" in found["bond0: LAG of the NIC"].got


@pytest.mark.parametrize(
    ("policy", "mode", "wanted"),
    [
        ("layer3+4", "802.3ad", "hash"),
        ("encap3+4", "balance-xor", "hash"),
        ("layer2+3", "802.3ad", None),
        ("layer3+4", "active-backup", None),
    ],
)
def test_a_policy_that_reads_layer_4_needs_hash_on_fake_tree(policy, mode, wanted):
    bond = {"name": "bond0", "mode": mode, "transmit_hash_policy": policy}
    spec = Spec.from_dict(spec_dict("mlx5_core", bond=bond, lag_port_select_mode=None))
    found = driver("mlx5_core").lag_wanted(spec.nics[0])["port_sel_mode"]
    assert found == wanted


@pytest.mark.parametrize("kind", ["roce", "multiport_eswitch"])
def test_a_lag_that_vfs_have_no_part_in_on_fake_tree(kind):
    found = broken("mlx5_core", lambda host: setattr(host, "lag_type", kind))
    check = found["bond0: LAG of the NIC"]
    assert (check.step, check.expected["type"]) == ("lag", "switchdev")
    assert f"of type {kind}, not switchdev" in check.got


@pytest.mark.parametrize("mapping", ["1", "1:1\n2:1"])
def test_a_lag_by_one_port_on_fake_tree(mapping):
    def change(host):
        host.lag_mapping = mapping

    assert "by port 1 only" in broken("mlx5_core", change)["bond0: LAG of the NIC"].got
    assert not broken("mlx5_core", change, bond={"name": "bond0", "mode": "active-backup"})


def test_a_device_without_flow_steering_mode_on_fake_tree():
    def change(host):
        for function in host.functions.values():
            function.params.pop("flow_steering_mode", None)

    check = broken("mlx5_core", change)["data1: flow_steering_mode"]
    assert (check.expected, check.got, check.step) == ("smfs", None, "flow-steering-mode")
    assert broken("mlx5_core", change, flow_steering_mode=None) == {}


@pytest.mark.parametrize(
    ("change", "name", "step"),
    [
        (lambda h: h.set_mode("pci/0000:3b:00.0", "legacy"), "data0: eswitch mode", "switchdev"),
        (lambda h: setattr(h.netdevs["data1"], "offload", "off"), "data1: hw-tc-offload", ""),
        (lambda h: setattr(h.netdevs["data0"], "mtu", 1500), "data0: MTU", "network:activate"),
        (lambda h: setattr(h.netdevs["bond0.100"], "mtu", 1500), "bond0.100: storage", ""),
        (lambda h: h._rename(h.netdevs["data0_1"], "eth77"), "data0: representors", ""),
        (lambda h: h.ovs.do_del_port("br-data", "data1_3"), "br-data: ports", "bridge"),
        (lambda h: h.ovs.other_config.clear(), "Open vSwitch: offload keys", ""),
        (lambda h: h.files.pop("/run/slipway/datapath.ready"), "gate: open", "gate"),
    ],
)
def test_a_broken_step_is_named_on_fake_tree(change, name, step):
    check = broken("mlx5_core", change)[name]
    assert check.look
    assert check.step.startswith(step)


@pytest.mark.parametrize("unit", boot.enabled())
def test_a_unit_that_boot_would_not_start_on_fake_tree(unit):
    wants = f"/etc/systemd/system/multi-user.target.wants/{unit}"
    assert broken("igb", lambda host: host.files.pop(wants))[f"{unit}: enabled"].step == "boot"


def test_unbound_vf_on_fake_tree():
    def unbind(host):
        vf = next(f for f in host.functions.values() if f.physfn)
        vf.driver = None
        host.remove_netdevs(vf.address)

    check = broken("igb", unbind)["data0: VFs bound"]
    assert (check.step, check.got) == ("bind", ["0000:3b:10.0"])


def test_names_that_would_not_come_back_at_boot_on_fake_tree():
    found = broken(
        "igb", lambda host: host.files.pop("/etc/udev/rules.d/70-slipway-datapath.rules")
    )
    assert found["names at boot"].step == "udev:rules"

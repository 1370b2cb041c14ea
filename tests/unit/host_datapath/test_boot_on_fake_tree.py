"""The two phases of a boot, on stand-in trees."""

import pytest
from ansible.module_utils.converge import ConvergeError, converge, failed
from ansible.module_utils.host_datapath.engine import AFTER_NETWORK, BEFORE_NETWORK
from ansible.module_utils.host_datapath.spec import Spec
from fakes.hosts import PORTS, bare, datapath, spec_dict
from fakes.manager import FakeManager

READY = "/run/slipway/datapath.ready"


def rebooted(driver):
    """The host after a power cycle: files are kept, the kernel's state is a bare host's."""
    host = bare(driver)
    converge(datapath(host, spec_dict(driver)), clock=host.clock)
    fresh = bare(driver)
    fresh.files = {p: t for p, t in host.files.items() if not p.startswith("/run/")}
    fresh.files["/run/openvswitch/db.sock"] = ""
    fresh.ovs, fresh.ovs_running = host.ovs, True
    fresh.netdevs["br-data"] = host.netdevs["br-data"]
    # udev has named the ports by the kept rules
    for netdev in [n for n in fresh.netdevs.values() if n.parent]:
        fresh._rename(netdev, fresh._udev_name(netdev))
    return fresh


def phase(host, driver, name):
    return converge(datapath(host, spec_dict(driver), name), clock=host.clock)


def steps(result):
    return [step["name"] for step in result.steps]


@pytest.mark.parametrize("driver", ["mlx5_core", "igb", "netdevsim"])
def test_boot_brings_all_back_on_fake_tree(driver):
    host = rebooted(driver)
    before = steps(phase(host, driver, BEFORE_NETWORK))
    assert before[0] == "vfs:data0"
    assert not host.exists(READY)
    FakeManager().activate(host, Spec.from_dict(spec_dict(driver)), [])
    after = steps(phase(host, driver, AFTER_NETWORK))
    assert after[-1] == "gate:open"
    assert host.exists(READY)
    subject = datapath(host, spec_dict(driver))
    assert not subject.plan(subject.observe()).steps
    bad = [c.name for c in failed(subject.verify(subject.observe())) if "slipway-" not in c.name]
    assert bad == []


def test_phases_of_mlx5_on_fake_tree():
    host = rebooted("mlx5_core")
    assert steps(phase(host, "mlx5_core", BEFORE_NETWORK)) == [
        *("vfs:data0", "vfs:data1", "vf-macs:data0", "vf-macs:data1"),
        *("lag-port-select-mode:data0", "flow-steering-mode:data0"),
        *("lag-port-select-mode:data1", "flow-steering-mode:data1"),
        *("switchdev:data0", "switchdev:data1", "hw-tc-offload:data", "up:data"),
        *("representors:data0", "representors:data1"),
    ]
    FakeManager().activate(host, Spec.from_dict(spec_dict("mlx5_core")), [])
    assert steps(phase(host, "mlx5_core", AFTER_NETWORK)) == [
        *("bind:data0", "vf-names:data0", "bind:data1", "vf-names:data1"),
        *("up:data-representors", "gate:open"),
    ]


def test_names_that_udev_is_still_giving_are_waited_for_on_fake_tree():
    host = rebooted("igb")
    late = host.netdevs["data1"]
    host._rename(late, "eth0")
    host.unsettled.append(late)
    done = steps(phase(host, "igb", BEFORE_NETWORK))
    assert late.name == "data1"
    assert not [name for name in done if name.startswith("names:")]


def test_an_interface_that_udev_named_after_the_plan_on_fake_tree():
    host = rebooted("igb")
    late = host.netdevs["data1"]
    host._rename(late, "eth0")
    subject = datapath(host, spec_dict("igb"))
    (step,) = [s for s in subject.plan(subject.observe()).steps if s.name.startswith("names:")]
    host._rename(late, "data1")
    host.changed()
    step.do()
    assert step.proof() is None


def test_gate_stays_closed_without_an_active_lag_on_fake_tree():
    host = rebooted("igb")
    phase(host, "igb", BEFORE_NETWORK)
    host.switch_has_lacp = False
    FakeManager().activate(host, Spec.from_dict(spec_dict("igb")), [])
    with pytest.raises(ConvergeError, match="partner MAC"):
        phase(host, "igb", AFTER_NETWORK)
    assert not host.exists(READY)
    assert all(f.driver is None for f in host.functions.values() if f.physfn)


def test_after_network_refuses_what_belongs_before_it_on_fake_tree():
    host = rebooted("mlx5_core")
    with pytest.raises(ConvergeError, match="VFs of data0, VFs of data1, eswitch of data0"):
        phase(host, "mlx5_core", AFTER_NETWORK)


def test_vfs_bound_early_at_boot_wait_again_on_fake_tree():
    host = rebooted("mlx5_core")
    phase(host, "mlx5_core", BEFORE_NETWORK)
    host.functions[PORTS[0]].autoprobe = "1"
    host.write_attribute("/sys/bus/pci/drivers_probe", "0000:3b:00.2")
    FakeManager().activate(host, Spec.from_dict(spec_dict("mlx5_core")), [])
    assert not host.lag_active
    found = steps(phase(host, "mlx5_core", AFTER_NETWORK))
    assert found[:2] == ["unbind:data0", "lag:bond0"]
    assert host.lag_active


def test_before_network_waits_for_drivers_on_fake_tree():
    host = rebooted("igb")
    port = host.netdevs.pop("data1")
    host.changed()
    sleep = host.sleep

    def later(seconds):
        sleep(seconds)
        if host.seconds > 3:
            host.netdevs["data1"] = port
            host.changed()

    host.sleep = later
    assert phase(host, "igb", BEFORE_NETWORK).changed


def test_phases_change_nothing_on_a_host_in_order_on_fake_tree():
    host = bare("mlx5_core")
    converge(datapath(host, spec_dict("mlx5_core")), clock=host.clock)
    for name in (BEFORE_NETWORK, AFTER_NETWORK):
        assert not phase(host, "mlx5_core", name).changed

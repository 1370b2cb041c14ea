"""The order that works, asserted step by step on stand-in trees (no hardware is involved)."""

import pytest
from ansible.module_utils.converge import ConvergeError, converge, failed
from ansible.module_utils.host_datapath.host import Host
from ansible.module_utils.host_datapath.spec import Spec
from fakes.hosts import bare, datapath, spec_dict

MLX5 = """
record:begin udev:rules names:data
vfs:data0 vfs:data1 vf-macs:data0 vf-macs:data1
lag-port-select-mode:data0 flow-steering-mode:data0
lag-port-select-mode:data1 flow-steering-mode:data1
switchdev:data0 switchdev:data1
hw-tc-offload:data up:data representors:data0 representors:data1
network:files network:activate lag:bond0
bind:data0 vf-names:data0 bind:data1 vf-names:data1
openvswitch:service openvswitch:settings openvswitch:restart
bridge:br-data up:data-representors gate:open
""".split()
IGB = """
record:begin udev:rules names:data
vfs:data0 vfs:data1 vf-macs:data0 vf-macs:data1
network:files network:activate lag:bond0
bind:data0 vf-names:data0 bind:data1 vf-names:data1
openvswitch:service openvswitch:settings bridge:br-data gate:open
""".split()
NETDEVSIM = """
record:begin udev:rules names:data vfs:data0 switchdev:data0
hw-tc-offload:data up:data representors:data0
network:files network:activate lag:bond0
openvswitch:service openvswitch:settings openvswitch:restart bridge:br-data
hw-tc-offload:data-representors up:data-representors gate:open
""".split()


def names(result):
    return [step["name"] for step in result.steps]


def run(host, spec):
    subject = datapath(host, spec)
    return converge(subject, clock=host.clock), subject


def test_mlx5_from_bare_on_fake_tree():
    host = bare("mlx5_core")
    result, subject = run(host, spec_dict("mlx5_core"))
    assert names(result) == MLX5
    assert host.lag_active
    bad = [c.name for c in failed(subject.verify(subject.observe())) if "slipway-" not in c.name]
    assert bad == []


def test_igb_from_bare_on_fake_tree():
    result, _ = run(bare("igb"), spec_dict("igb"))
    assert names(result) == IGB


def test_netdevsim_from_bare_on_fake_tree():
    result, _ = run(bare("netdevsim"), spec_dict("netdevsim"))
    assert names(result) == NETDEVSIM


def test_check_mode_shows_what_the_run_does_on_fake_tree():
    host = bare("mlx5_core")
    host.ovs = None
    del host.files["/usr/bin/ovs-vsctl"]
    shown = converge(datapath(host, spec_dict("mlx5_core")), check=True)
    assert names(shown) == MLX5
    assert host.ran == []


def test_vfs_are_never_bound_before_the_lag_is_active_on_fake_tree():
    host = bare("mlx5_core")
    run(host, spec_dict("mlx5_core"))
    ran = host.ran
    assert ran.index("activate") < ran.index("/sys/bus/pci/drivers_probe = 0000:3b:00.2")
    assert "/sys/bus/pci/devices/0000:3b:00.0/sriov_drivers_autoprobe = 0" in ran
    numvfs = ran.index("/sys/bus/pci/devices/0000:3b:00.0/sriov_numvfs = 4")
    switchdev = ran.index("devlink dev eswitch set pci/0000:3b:00.0 mode switchdev")
    assert numvfs < switchdev < ran.index("activate")


def test_a_correct_host_has_an_empty_plan_on_fake_tree():
    for driver in ("mlx5_core", "igb", "netdevsim"):
        host = bare(driver)
        run(host, spec_dict(driver))
        host.ran.clear()
        result, _ = run(host, spec_dict(driver))
        assert names(result) == []
        assert host.ran == []


def test_a_run_that_changes_nothing_costs_four_processes_on_fake_tree():
    host = bare("mlx5_core")
    run(host, spec_dict("mlx5_core"))
    processes = []
    execute = host.execute
    host.execute = lambda argv, stdin: processes.append(argv[0]) or execute(argv, stdin)
    run(host, spec_dict("mlx5_core"))
    assert sorted(processes) == ["devlink", "ethtool", "ip", "ovs-vsctl"]


def test_right_count_in_the_wrong_mode_is_found_on_fake_tree():
    host = bare("mlx5_core")
    run(host, spec_dict("mlx5_core", eswitch_mode="legacy", hw_tc_offload=False))
    result, _ = run(host, spec_dict("mlx5_core"))
    assert not any(name.startswith("vfs:") for name in names(result))
    order = "unbind:data0 unbind:data1 release:data0 release:data1 switchdev:data0 switchdev:data1"
    order += " network:activate lag:bond0 bind:data0 bind:data1 gate:open"
    assert [n for n in names(result) if n in order.split()] == order.split()
    assert names(result)[0] == "gate:close"


def test_back_to_legacy_on_fake_tree():
    for driver in ("mlx5_core", "netdevsim"):
        host = bare(driver)
        run(host, spec_dict(driver))
        result, subject = run(host, spec_dict(driver, eswitch_mode="legacy", hw_tc_offload=False))
        found = names(result)
        assert found.index("unplug:br-data") < found.index("legacy:data0")
        assert subject.observe()["nics"]["data"]["representors"] == {}
        assert set(host.ovs.bridges["br-data"].ports) == {"bond0"}


def test_another_number_of_vfs_goes_through_legacy_and_zero_on_fake_tree():
    host = bare("mlx5_core")
    run(host, spec_dict("mlx5_core"))
    host.ran.clear()
    result, _ = run(host, spec_dict("mlx5_core", vfs=6))
    found = names(result)
    order = ["unbind:data0", "release:data0", "legacy:data0", "vfs:data0", "switchdev:data0"]
    assert [n for n in found if n in order] == order
    base = "/sys/bus/pci/devices/0000:3b:00.0/sriov_numvfs"
    assert [w for w in host.ran if w.startswith(base)] == [f"{base} = 0", f"{base} = 6"]


def disrupting(host, spec):
    subject = datapath(host, spec)
    return {s.name for s in subject.plan(subject.observe()).steps if s.disrupts == "network"}


def test_vfs_and_eswitch_of_ports_in_a_bond_disrupt_the_network_on_fake_tree():
    host = bare("igb")
    assert not disrupting(host, spec_dict("igb")) & {"vfs:data0", "vfs:data1"}
    run(host, spec_dict("igb"))
    assert disrupting(host, spec_dict("igb", vfs=5)) == {"vfs:data0", "vfs:data1"}
    for driver in ("mlx5_core", "netdevsim"):
        host = bare(driver)
        run(host, spec_dict(driver))
        found = disrupting(host, spec_dict(driver, vfs=6))
        assert {"legacy:data0", "vfs:data0", "switchdev:data0"} <= found
        assert "legacy:data0" in disrupting(
            host, spec_dict(driver, eswitch_mode="legacy", hw_tc_offload=False)
        )


def test_vfs_of_a_device_that_left_the_model_disrupt_its_bond_on_fake_tree():
    host = bare("igb")
    run(host, spec_dict("igb"))
    spec = {**spec_dict("igb"), "nics": [], "networks": [], "openvswitch": None}
    assert {"vfs:data0", "vfs:data1"} <= disrupting(host, spec)


def test_connectx_4_gets_its_inline_mode_before_switchdev_on_fake_tree():
    host = bare("mlx5_core")
    for function in host.functions.values():
        function.device_id = "0x1015"
    result, _ = run(host, spec_dict("mlx5_core"))
    found = names(result)
    assert found.index("inline-mode:data0") < found.index("switchdev:data0")


def test_upstream_driver_without_port_select_mode_on_fake_tree():
    host = bare("mlx5_core")
    for function in host.functions.values():
        del function.params["compat"]
    result, _ = run(host, spec_dict("mlx5_core"))
    assert not any(name.startswith("lag-port") for name in names(result))


def test_vfs_for_machines_only_on_fake_tree():
    host = bare("mlx5_core")
    result, subject = run(host, spec_dict("mlx5_core", vf_driver="vfio-pci"))
    vfs = subject.observe()["nics"]["data"]["ports"]["data0"]["vfs"]
    assert {vf["driver"] for vf in vfs} == {"vfio-pci"}
    assert not any(name.startswith("vf-names") for name in names(result))


def test_vfs_left_unbound_on_fake_tree():
    host = bare("mlx5_core")
    _, subject = run(host, spec_dict("mlx5_core", vf_driver="none"))
    vfs = subject.observe()["nics"]["data"]["ports"]["data0"]["vfs"]
    assert {vf["driver"] for vf in vfs} == {None}


def test_firmware_is_set_and_then_waits_for_a_boot_on_fake_tree():
    host = bare("mlx5_core")
    host.firmware = {"SRIOV_EN": ["0", "0"], "NUM_OF_VFS": ["0", "0"]}
    for function in host.functions.values():
        function.total = 0
    firmware = {"SRIOV_EN": "1", "NUM_OF_VFS": "4", "LAG_RESOURCE_ALLOCATION": "1"}
    spec = spec_dict("mlx5_core", firmware=firmware)
    result, _ = run(host, spec)
    assert names(result) == ["firmware:data"]
    assert "at the next boot" in result.reboot_reasons[0]
    assert "its firmware has no LAG_RESOURCE_ALLOCATION" in result.warnings[0]
    again, _ = run(host, spec)
    assert not again.changed
    assert again.reboot_reasons == result.reboot_reasons
    # the boot
    host.firmware = {name: [value, value] for name, (_, value) in host.firmware.items()}
    for function in host.functions.values():
        function.total = 4
    host.changed()
    booted, _ = run(host, spec)
    assert names(booted) == MLX5


def test_unknown_firmware_comes_first_and_the_rest_waits_on_fake_tree():
    host = bare("mlx5_core")
    spec = spec_dict("mlx5_core", firmware={"SRIOV_EN": "1"})
    shown = converge(datapath(host, spec), check=True)
    assert names(shown) == ["firmware:data"]
    assert names(converge(Host(host, Spec.from_dict(spec)), check=True)) == ["firmware:data"]
    assert shown.steps[0]["before"] == {"SRIOV_EN": "unknown"}
    assert "the rest is planned once it is known" in shown.warnings[0]
    with pytest.raises(ConvergeError, match=r"firmware:data: .*mstconfig: not installed"):
        run(host, spec)
    # what the role installs before the run
    host.firmware = {"SRIOV_EN": ["0", "0"]}
    assert names(run(host, spec)[0]) == names(shown)


def test_a_device_without_flow_steering_mode_is_a_warning_on_fake_tree():
    host = bare("mlx5_core")
    for function in host.functions.values():
        del function.params["flow_steering_mode"]
    result, _ = run(host, spec_dict("mlx5_core"))
    assert "data0: devlink has no flow_steering_mode for it, smfs is not set" in result.warnings


def test_openvswitch_in_kollas_container_may_come_later_on_fake_tree():
    host = bare("igb")
    host.ovs = None
    spec = spec_dict("igb")
    spec["openvswitch"]["runtime"] = "kolla"
    result, _ = run(host, spec)
    assert not any("openvswitch" in name or "bridge" in name for name in names(result))
    assert "container does not run yet" in result.warnings[0]


@pytest.mark.parametrize(("debian", "planned"), [(True, False), (False, True)])
def test_check_mode_knows_whose_packages_start_services_on_fake_tree(debian, planned):
    host = bare("igb")
    host.ovs = None
    del host.files["/usr/bin/ovs-vsctl"]
    if debian:
        host.files["/etc/debian_version"] = "13.2\n"
    subject = datapath(host, spec_dict("igb"))
    names = [step.name for step in subject.plan(subject.observe()).steps]
    assert ("openvswitch:service" in names) is planned
    assert "openvswitch:settings" in names

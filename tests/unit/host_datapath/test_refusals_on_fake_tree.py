"""Every reason to refuse, on stand-in trees; a refused plan changes nothing."""

import pytest
from ansible.module_utils.converge import ConvergeError, converge
from fakes.hosts import PORTS, bare, datapath, spec_dict
from fakes.memory import Link
from fakes.model import Netdev

SSH = "198.51.100.7 50000 192.0.2.11 22"


def refused(host, spec, connection=""):
    """The rules that refuse; the run must fail and must not have touched the host."""
    subject = datapath(host, spec, connection=connection)
    host.changed()
    host.ran.clear()
    with pytest.raises(ConvergeError) as error:
        converge(subject, clock=host.clock)
    assert error.value.step == "refused"
    assert host.ran == []
    shown = converge(subject, check=True)
    assert shown.refusals
    return {line.split(":")[0]: line for line in shown.refusals}


def converged(driver, **nic):
    host = bare(driver)
    converge(datapath(host, spec_dict(driver, **nic)), clock=host.clock)
    return host


def test_more_vfs_than_the_lag_takes_on_fake_tree():
    rules = refused(bare("mlx5_core"), spec_dict("mlx5_core", vfs=65))
    assert "above 64 VFs" in rules["vfs-with-lag"]


def test_more_vfs_than_the_device_has_on_fake_tree():
    assert "at most 7 now" in refused(bare("igb"), spec_dict("igb", vfs=8))["total-vfs"]


def test_ports_of_two_nics_on_fake_tree():
    spec = spec_dict("igb")
    spec["nics"][0]["ports"][1]["pci_address"] = "0000:5e:00.1"
    assert "one-nic" in refused(bare("igb"), spec)


def test_missing_device_on_fake_tree():
    host = bare("igb")
    del host.functions[PORTS[1]]
    host.changed()
    assert "no device pci/0000:3b:00.1" in refused(host, spec_dict("igb"))["device"]


def test_another_driver_on_fake_tree():
    host = bare("igb")
    host.functions[PORTS[0]].driver = "vfio-pci"
    assert "has driver vfio-pci, not igb" in refused(host, spec_dict("igb"))["driver"]


def test_port_without_an_interface_on_fake_tree():
    host = bare("igb")
    del host.netdevs["ens1f0"]
    assert "interface" in refused(host, spec_dict("igb"))


@pytest.mark.parametrize("mode", ["broadcast", "balance-rr"])
def test_bond_modes_without_lag_on_fake_tree(mode):
    bond = {"name": "bond0", "mode": mode}
    assert "bond-mode" in refused(bare("mlx5_core"), spec_dict("mlx5_core", bond=bond))


@pytest.mark.parametrize("mode", ["queue_affinity", None])
@pytest.mark.parametrize("policy", ["layer3+4", "encap3+4"])
def test_layer_4_hash_without_hash_mode_on_fake_tree(policy, mode):
    bond = {"name": "bond0", "transmit_hash_policy": policy}
    spec = spec_dict("mlx5_core", lag_port_select_mode=mode, bond=bond)
    assert f"only hash mode follows {policy}" in refused(bare("mlx5_core"), spec)["hash-policy"]


def test_switchdev_on_a_driver_without_on_fake_tree():
    assert "no-switchdev" in refused(bare("igb"), spec_dict("igb", eswitch_mode="switchdev"))


def test_offload_on_a_driver_without_on_fake_tree():
    assert "no-offload" in refused(bare("igb"), spec_dict("igb", hw_tc_offload=True))


def test_management_on_a_port_on_fake_tree():
    spec = spec_dict("igb")
    spec["management"] = {"pci_address": PORTS[0]}
    assert "management interface ens1f0" in refused(bare("igb"), spec)["management-on-port"]


def test_management_over_the_bond_on_fake_tree():
    host = converged("mlx5_core")
    host.netdevs["mgmt"] = Netdev(
        "mgmt", "52:54:00:00:00:b0", "vlan", lower="bond0", vlan=7, up=True
    )
    spec = spec_dict("mlx5_core", vfs=6)
    spec["management"] = {"interface": "mgmt"}
    assert "which would go down" in refused(host, spec)["management-over-bond"]
    spec["nics"][0]["vfs"] = 4
    assert not converge(datapath(host, spec), clock=host.clock).changed


def test_ssh_over_a_port_that_the_model_does_not_call_management_on_fake_tree():
    host = bare("igb")
    host.routes["get"] = ["ens1f0"]
    line = refused(host, spec_dict("igb"), SSH)["management-over-bond"]
    assert "the SSH connection from 198.51.100.7 (ens1f0) runs over NIC data" in line


def test_ssh_comes_in_by_the_interface_with_the_servers_address_on_fake_tree():
    host = converged("igb")
    host.netdevs["mgmt0"].addresses = []
    host.netdevs["bond0.100"].addresses.append("192.0.2.11/24")
    assert "(bond0.100)" in refused(host, spec_dict("igb", vfs=5), SSH)["management-over-bond"]


def test_ssh_over_a_vlan_that_goes_on_fake_tree():
    host = converged("igb")
    host.routes["get"] = ["bond0.100"]
    spec = {**spec_dict("igb"), "networks": []}
    line = refused(host, spec, SSH)["management-over-bond"]
    assert "runs over bond0.100, which would go down" in line


def test_ssh_over_an_open_vswitch_bridge_on_fake_tree():
    host = converged("igb")
    host.routes["get"] = ["br-data"]
    assert "management-over-bond" in refused(host, spec_dict("igb", vfs=5), SSH)


def test_ssh_over_the_bond_does_not_bar_what_leaves_it_up_on_fake_tree():
    host = converged("igb")
    host.routes["get"] = ["bond0.100"]
    spec = spec_dict("igb")
    spec["openvswitch"]["max_idle"] = 20000
    assert converge(datapath(host, spec, connection=SSH), clock=host.clock).changed


def test_default_route_over_the_bond_on_fake_tree():
    host = converged("igb")
    host.routes["show"] = ["bond0.100"]
    spec = spec_dict("igb", vfs=5)
    assert "the default route (bond0.100)" in refused(host, spec)["management-over-bond"]
    # who comes in over another NIC is not cut off, and at boot there is nobody to be
    for connection in (SSH, None):
        assert (
            not datapath(host, spec, connection=connection)
            .plan(datapath(host, spec).observe())
            .refusals
        )


@pytest.mark.parametrize(
    "management", [{"interface": "nope"}, {"mac_address": "52:54:00:00:00:99"}]
)
def test_management_that_the_host_has_not_on_fake_tree(management):
    host, spec = bare("igb"), {**spec_dict("igb"), "management": management}
    name = next(iter(management.values()))
    assert f"no management interface {name}" in refused(host, spec)["management-unknown"]
    assert not datapath(host, spec, connection=None).plan(datapath(host, spec).observe()).refusals


def test_managements_address_on_a_port_under_another_name_on_fake_tree():
    host = bare("igb")
    host.netdevs["ens1f1"].addresses = ["192.0.2.12/24"]
    spec = spec_dict("igb")
    spec["management"] = {"interface": "mgmt0", "addresses": ["192.0.2.12/24"]}
    assert "ens1f1 is a port" in refused(host, spec)["management-on-port"]


def test_port_in_a_foreign_bond_or_bridge_on_fake_tree():
    for kind in ("bond", "bridge"):
        host = bare("igb")
        host.netdevs["other"] = Netdev("other", "52:54:00:00:00:b1", kind)
        host.netdevs["ens1f1"].master = "other"
        assert "ens1f1 is in other" in refused(host, spec_dict("igb"))["foreign-master"]


def test_port_of_a_bond_that_the_kit_renames_on_fake_tree():
    host = converged("igb")
    spec = spec_dict("igb", bond={"name": "bond1"})
    spec["networks"], spec["openvswitch"] = [], None
    assert not datapath(host, spec).plan(datapath(host, spec).observe()).refusals


def test_port_with_an_address_of_its_own_on_fake_tree():
    host = bare("igb")
    host.netdevs["ens1f0"].addresses = ["198.51.100.2/24"]
    assert "ens1f0 has 198.51.100.2/24" in refused(host, spec_dict("igb"))["port-address"]
    host = bare("igb")
    host.netdevs["ens1f0.5"] = Netdev(
        "ens1f0.5", "52:54:00:00:00:01", "vlan", lower="ens1f0", addresses=["198.51.100.2/24"]
    )
    assert "ens1f0.5 has 198.51.100.2/24" in refused(host, spec_dict("igb"))["port-address"]


def test_port_in_a_foreign_bridge_on_fake_tree():
    host = converged("igb")
    host.ovs.do_add_br("br-other")
    host.ovs.do_del_port("br-data", "bond0")
    host.ovs.do_add_port("br-other", "bond0")
    assert "ovs-vsctl del-port br-other bond0" in refused(host, spec_dict("igb"))["foreign-bridge"]


def vf(host, index=0):
    return next(f for f in host.functions.values() if f.physfn == PORTS[0] and f.index == index)


def test_vf_of_a_running_qemu_on_fake_tree():
    host = converged("mlx5_core", vf_driver="vfio-pci")
    command = ["/usr/bin/qemu-system-x86_64", "-name", "guest=web-1,debug-threads=on", "-device"]
    command.append(f'{{"driver":"vfio-pci","host":"{vf(host).address}"}}')
    host.files["/proc/4711/cmdline"] = "\0".join(command)
    rules = refused(host, spec_dict("mlx5_core", vf_driver="vfio-pci", vfs=6))
    assert "VF 0 of data0 (0000:3b:00.2) is used by VM web-1" in rules["vf-in-use"]


@pytest.mark.parametrize(
    "device",
    [
        "vfio-pci,host={short}",
        "vfio-pci,host={address},iommufd=iommufd0",
        "vfio-pci,id=nic,sysfsdev=/sys/bus/pci/devices/{address},bus=pci.1",
        '{{"driver":"vfio-pci","sysfsdev":"/sys/devices/pci0000:3a/0000:3a:00.0/{address}"}}',
        "vfio-pci,host=0:3B:0.2",
    ],
)
@pytest.mark.parametrize("program", ["/usr/bin/qemu-system-x86_64", "/usr/bin/kvm"])
def test_vf_of_a_qemu_in_all_its_spellings_on_fake_tree(device, program):
    host = converged("mlx5_core", vf_driver="vfio-pci")
    address = vf(host).address
    assert address == "0000:3b:00.2"
    device = device.format(address=address, short=address[5:])
    host.files["/proc/4711/cmdline"] = "\0".join([program, "-name", "web-1", "-device", device])
    rules = refused(host, spec_dict("mlx5_core", vf_driver="vfio-pci", vfs=6))
    assert f"VF 0 of data0 ({address}) is used by VM web-1" in rules["vf-in-use"]


def test_vf_that_a_qemu_was_given_open_through_iommufd_on_fake_tree():
    host = converged("mlx5_core", vf_driver="vfio-pci")
    host.files[f"/sys/bus/pci/devices/{vf(host).address}/vfio-dev/vfio3/dev"] = "511:3"
    host.files["/proc/4711/fd/7"] = Link("/dev/vfio/devices/vfio3")
    host.files["/proc/4711/cmdline"] = "\0".join(
        ["qemu-kvm", "-name", "guest=db,debug-threads=on", "-device", "vfio-pci,fd=7"]
    )
    rules = refused(host, spec_dict("mlx5_core", vf_driver="vfio-pci", vfs=0))
    assert "is used by VM db" in rules["vf-in-use"]


def test_vf_of_a_libvirt_machine_on_fake_tree():
    host = converged("mlx5_core")
    vf(host, 1).driver = "vfio-pci"
    host.files["/run/libvirt/qemu/db.xml"] = """
        <domstatus state='running'><domain type='kvm'><name>db</name><devices>
        <interface type='hostdev'><source><address type='pci' domain='0x0000' bus='0x3b'
        slot='0x00' function='0x3'/></source></interface></devices></domain></domstatus>"""
    rules = refused(host, spec_dict("mlx5_core", eswitch_mode="legacy", hw_tc_offload=False))
    assert "used by VM db" in rules["vf-in-use"]


def test_vf_that_a_process_holds_through_vfio_on_fake_tree():
    host = converged("mlx5_core", vf_driver="vfio-pci")
    host.files["/proc/99/fd/7"] = Link(f"/dev/vfio/{vf(host).iommu_group}")
    host.files["/proc/99/comm"] = "dpdk-testpmd"
    rules = refused(host, spec_dict("mlx5_core", vf_driver="vfio-pci", vfs=0))
    assert "process 99 (dpdk-testpmd)" in rules["vf-in-use"]


def test_vf_under_a_macvlan_on_fake_tree():
    host = converged("igb")
    host.netdevs["mv0"] = Netdev("mv0", "02:00:00:00:00:01", "macvlan", lower="data0v0")
    assert "mv0, an interface on data0v0" in refused(host, spec_dict("igb", vfs=5))["vf-in-use"]


def test_vf_in_a_network_namespace_on_fake_tree():
    host = converged("igb")
    del host.netdevs["data0v2"]
    assert "a network namespace" in refused(host, spec_dict("igb", vfs=5))["vf-in-use"]


def test_vf_with_an_address_on_fake_tree():
    host = converged("igb")
    host.netdevs["data0v1"].addresses = ["10.1.1.1/24"]
    assert "data0v1 has 10.1.1.1/24" in refused(host, spec_dict("igb", vfs=5))["vf-in-use"]


def test_vf_that_comes_into_use_after_the_plan_on_fake_tree():
    host = converged("igb")

    def start_pod(point):
        if point == "before unbind:data0":
            host.netdevs["mv0"] = Netdev("mv0", "02:00:00:00:00:01", "macvlan", lower="data0v0")

    with pytest.raises(ConvergeError, match="mv0, an interface on data0v0"):
        converge(datapath(host, spec_dict("igb", vfs=5)), between=start_pod, clock=host.clock)
    assert len(host.functions) == 2 + 8


def test_vf_lent_to_a_machine_is_no_drift_on_fake_tree():
    host = converged("mlx5_core")
    lent = vf(host)
    lent.driver = "vfio-pci"
    host.remove_netdevs(lent.address)
    host.files["/proc/4711/cmdline"] = (
        f"qemu-kvm\0-name\0guest=a\0-device\0vfio-pci,host={lent.address}"
    )
    host.changed()
    assert not converge(datapath(host, spec_dict("mlx5_core")), clock=host.clock).changed
    del host.files["/proc/4711/cmdline"]
    host.changed()
    result = converge(datapath(host, spec_dict("mlx5_core")), clock=host.clock)
    assert [s["name"] for s in result.steps] == ["unbind:data0", "bind:data0", "vf-names:data0"]

"""The desired state: what is read, what is refused, and the key that an error names."""

import pytest
from ansible.module_utils.host_datapath.spec import Spec, SpecError
from fakes.hosts import spec_dict


@pytest.mark.parametrize("driver", ["mlx5_core", "igb", "netdevsim"])
def test_plain_data_and_back(driver):
    spec = Spec.from_dict(spec_dict(driver))
    assert Spec.from_dict(spec.to_dict()) == spec


def wrong(path, value):
    """A spec with one value replaced; the last part of *path* may be new."""
    desired = spec_dict("mlx5_core")
    at = desired
    *way, last = path
    for part in way:
        at = at[part]
    if value is KeyError:
        del at[last]
    else:
        at[last] = value
    return desired


NIC = ("nics", 0)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("host",), KeyError, "host: missing"),
        (("colour",), "red", "colour: unknown key"),
        (("network_manager",), "ifupdown", "network_manager: 'ifupdown' is none of networkd"),
        (("confirm_timeout",), "60", "confirm_timeout: must be a number from 1"),
        (("nics",), {}, "nics: must be a list"),
        (("gate_units",), [1], r"gate_units\[0\]: must be text"),
        ((*NIC, "driver"), "ixgbe", r"nics\[0\].driver: 'ixgbe' is none of"),
        ((*NIC, "ports"), [], r"nics\[0\].ports: exactly the two ports"),
        ((*NIC, "vfs"), True, r"nics\[0\].vfs: must be a number"),
        ((*NIC, "vfs"), -1, r"nics\[0\].vfs: must be a number"),
        ((*NIC, "bond"), None, r"nics\[0\].bond: missing"),
        ((*NIC, "bond", "lacp_rate"), "often", r"nics\[0\].bond.lacp_rate: 'often' is none"),
        ((*NIC, "firmware"), {"SRIOV_EN": 1}, r"nics\[0\].firmware.SRIOV_EN: must be quoted"),
        ((*NIC, "hw_tc_offload"), "yes", r"nics\[0\].hw_tc_offload: must be true or false"),
        ((*NIC, "representor_pattern"), "{port}_{n}", r"representor_pattern: knows \{port\}"),
        ((*NIC, "representor_pattern"), "rep{vf}", r"representor_pattern: gives both ports"),
        ((*NIC, "representor_pattern"), "{port}", r"representor_pattern: gives every VF"),
        ((*NIC, "ports", 0, "name"), "a-very-long-name", r"ports\[0\].name: .* is no interface"),
        ((*NIC, "ports", 0, "name"), "data-port-zero", r"nics\[0\].representor_pattern: interface"),
        ((*NIC, "ports", 1, "pci_address"), "3b:00.1", r"ports\[1\].pci_address: '3b:00.1' is not"),
        ((*NIC, "bond", "name"), "data0", r"nics\[0\].bond.name: data0 is already nics\[0\]"),
        (("networks", 0, "vlan"), None, r"networks\[0\].interface: without a VLAN it is the link"),
        (("networks", 0, "vlan"), 4095, r"networks\[0\].vlan: must be a number"),
        (
            ("networks", 0, "addresses"),
            ["10.0.0.1"],
            r"networks\[0\].addresses\[0\]: '10.0.0.1' is",
        ),
        (("networks", 0, "addresses"), [""], r"networks\[0\].addresses\[0\]: '' is not like"),
        (("openvswitch", "runtime"), "lxc", "openvswitch.runtime: 'lxc' is none of host, kolla"),
        (("openvswitch", "bridges", 0, "mtus"), 1, r"openvswitch.bridges\[0\].mtus: unknown key"),
        (("management",), "mgmt0", "management: must be a mapping"),
        (("host",), "a b", "host: 'a b' is no name"),
        (("gate_units",), ["../../../tmp/x"], r"gate_units\[0\]: .* is no name of a systemd unit"),
        (("gate_units",), ["a b.service"], r"gate_units\[0\]: .* is no name of a systemd unit"),
        ((*NIC, "name"), "../x", r"nics\[0\].name: '../x' is no name"),
        ((*NIC, "vf_driver"), "../x", r"nics\[0\].vf_driver: '../x' is no name of a kernel module"),
        ((*NIC, "ports", 0, "name"), 'a"b', r"ports\[0\].name: .* is no interface name"),
        ((*NIC, "ports", 0, "name"), "a/b", r"ports\[0\].name: .* is no interface name"),
        ((*NIC, "bond", "name"), "bond0\n", r"bond.name: .* is no interface name"),
        ((*NIC, "bond", "mode"), "lacp", r"nics\[0\].bond.mode: 'lacp' is none of 802.3ad"),
        ((*NIC, "bond", "transmit_hash_policy"), "l4", r"transmit_hash_policy: 'l4' is none of"),
        ((*NIC, "eswitch_mode"), "switch", r"nics\[0\].eswitch_mode: 'switch' is none of"),
        (
            (*NIC, "representor_pattern"),
            "{port.foo}",
            r"representor_pattern: knows .* \{port.foo\}",
        ),
        ((*NIC, "representor_pattern"), "{port", r"representor_pattern: knows \{port\}"),
        (
            (*NIC, "representor_pattern"),
            "{port}/{vf}",
            r"representor_pattern: .* no interface name",
        ),
        (("networks", 0, "link"), "bond7", r"networks\[0\].link: bond7 is no bond, VLAN or bridge"),
        (("networks", 0, "routes"), [{}], r"networks\[0\].routes\[0\].via: missing"),
        (("networks", 0, "routes"), [{"via": "x"}], r"routes\[0\].via: 'x' is not like 10.0.0.1"),
        (
            ("networks", 0, "routes"),
            [{"via": "10.10.0.2", "to": "10/8"}],
            r"routes\[0\].to: '10/8' is not like 10.0.0.0/8",
        ),
        (
            ("networks", 0, "routes"),
            [{"via": "10.10.0.2", "dev": "x"}],
            r"routes\[0\].dev: unknown key",
        ),
        (
            ("openvswitch", "bridges", 0, "ports"),
            ["data0"],
            r"ports\[0\]: data0 is no bond or VLAN",
        ),
        (("management",), {"interface": "a b"}, "management.interface: 'a b' is no interface name"),
        (
            ("management",),
            {"gateway": "10.0.0.300"},
            "management.gateway: '10.0.0.300' is not like",
        ),
        (("management",), {"pci_address": "3b:00.0"}, "management.pci_address: .* is not like"),
        (("management",), {"mac_address": "52:54"}, "management.mac_address: '52:54' is not like"),
    ],
)
def test_errors_name_the_key(path, value, message):
    with pytest.raises(SpecError, match=message):
        Spec.from_dict(wrong(path, value))


def test_what_is_not_a_mapping():
    with pytest.raises(SpecError, match="datapath: must be a mapping, got list"):
        Spec.from_dict([])


def test_addresses_are_written_as_the_kernel_does():
    spec = Spec.from_dict(wrong(("networks", 0, "addresses"), ["FD00:0::1/64"]))
    assert spec.networks[0].addresses == ("fd00::1/64",)


def test_two_nics_of_one_name():
    desired = spec_dict("mlx5_core")
    second = {**desired["nics"][0], "bond": {"name": "bond1"}}
    second["ports"] = [{"name": f"x{n}", "pci_address": f"0000:5e:00.{n}"} for n in range(2)]
    desired["nics"].append(second)
    with pytest.raises(SpecError, match=r"nics\[1\].name: data is already nics\[0\].name"):
        Spec.from_dict(desired)


def test_links_to_vlans_and_bridges():
    desired = spec_dict("mlx5_core")
    desired["networks"] += [
        {"name": "inner", "link": "bond0.100", "vlan": 7, "interface": "bond0.100.7"},
        {
            "name": "bridge",
            "link": "br-data",
            "interface": "br-data",
            "routes": [{"to": "default", "via": "10.0.0.1", "metric": 5}, {"via": "fd00::1"}],
        },
    ]
    desired["gate_units"] = ["kolla-nova_compute-container.service", "getty@tty1.service"]
    assert Spec.from_dict(desired).networks[2].routes[0]["metric"] == 5

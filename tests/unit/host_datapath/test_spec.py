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

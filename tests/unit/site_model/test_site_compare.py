"""The model beside a host's sysfs, on a stand-in tree."""

from __future__ import annotations

from pathlib import Path

import pytest
import site_compare
from ansible.module_utils.host_datapath.spec import Spec
from ansible.module_utils.site_compare import differences
from ansible.module_utils.system import System

PORTS = ("0000:3b:00.0", "0000:3b:00.1")


def datapath(**management) -> dict:
    return {
        "host": "host-1",
        "nics": [
            {
                "name": "data",
                "driver": "mlx5_core",
                "vfs": 16,
                "bond": {"name": "bond0"},
                "ports": [
                    {"name": f"data{n}", "pci_address": address} for n, address in enumerate(PORTS)
                ],
            }
        ],
        "management": {"interface": "eno1", "mac_address": None, "pci_address": None} | management,
    }


def compare(wanted: dict, system: System) -> list[str]:
    return differences(Spec.from_dict(wanted), system)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A host with two ports of one NIC, and management on a third."""
    bus = tmp_path / "sys/bus/pci/devices"
    (tmp_path / "sys/class/net").mkdir(parents=True)
    drivers = tmp_path / "sys/bus/pci/drivers"
    for name, address, driver in (
        ("p0", PORTS[0], "mlx5_core"),
        ("p1", PORTS[1], "mlx5_core"),
        ("eno1", "0000:04:00.0", "igb"),
    ):
        (drivers / driver).mkdir(parents=True, exist_ok=True)
        net = bus / address / "net" / name
        net.mkdir(parents=True)
        (bus / address / "driver").symlink_to(drivers / driver)
        (bus / address / "sriov_totalvfs").write_text("64\n")
        (net / "phys_switch_id").write_text("aa\n")
        (net / "address").write_text("02:00:00:00:00:01\n")
        (net / "device").symlink_to(bus / address)
        (tmp_path / "sys/class/net" / name).symlink_to(net)
    return tmp_path


def test_a_host_as_the_model_says_on_fake_tree(tree):
    assert compare(datapath(), System(str(tree))) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda bus: (bus / PORTS[1]).rename(bus / "0000:3c:00.1"), "no PCI device 0000:3b:00.1"),
        (lambda bus: (bus / PORTS[0] / "driver").unlink(), "its driver is none"),
        (lambda bus: (bus / PORTS[0] / "sriov_totalvfs").write_text("8"), "has room for 8 VFs"),
        (lambda bus: (bus / PORTS[1] / "net/p1/phys_switch_id").write_text("bb"), "of two NICs"),
        (lambda bus: (bus / "../../../class/net/eno1").unlink(), "no interface eno1"),
    ],
)
def test_what_is_otherwise_is_named_on_fake_tree(tree, change, words):
    change(tree / "sys/bus/pci/devices")
    assert words in " ".join(compare(datapath(), System(str(tree))))


def test_management_is_an_interface_of_its_own_on_fake_tree(tree):
    system = System(str(tree))
    assert "a port of the bond" in compare(datapath(interface="p0"), system)[0]
    assert "has MAC" in compare(datapath(mac_address="02:00:00:00:00:99"), system)[0]
    assert "is 0000:04:00.0" in compare(datapath(pci_address="0000:05:00.0"), system)[0]


def test_a_simulated_nic_on_fake_tree(tree):
    wanted = datapath()
    wanted["nics"][0]["driver"] = "netdevsim"
    wanted["nics"][0]["ports"] = [
        {"name": f"data{n}", "device": "netdevsim/netdevsim10", "port": n} for n in (0, 1)
    ]
    assert "no device netdevsim/netdevsim10" in compare(wanted, System(str(tree)))[0]
    (tree / "sys/bus/netdevsim/devices/netdevsim10").mkdir(parents=True)
    assert compare(wanted, System(str(tree))) == []


@pytest.mark.parametrize(
    ("wanted", "said"),
    [({}, "datapath: "), ({"host": "a", "nics": "x"}, "datapath: nics"),
     ({"host": "a", "nics": [{"name": "data"}]}, "datapath: nics[0]")],
)  # fmt: skip
def test_what_is_no_datapath_is_one_line(monkeypatch, wanted, said):
    class Failed(Exception):
        pass

    class Module:
        def __init__(self, **arguments):
            self.params = {"datapath": wanted, "root": "/"}

        def fail_json(self, msg, **result):
            raise Failed(msg)

    monkeypatch.setattr(site_compare, "AnsibleModule", Module)
    with pytest.raises(Failed) as caught:
        site_compare.main()
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)

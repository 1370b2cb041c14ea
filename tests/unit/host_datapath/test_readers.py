"""What the kernel and tools print, as it was on hosts, and what the engine reads in it."""

import json

from ansible.module_utils.host_datapath import bond, kernel, openvswitch, udev
from ansible.module_utils.host_datapath.drivers.mlx5 import parse_firmware
from ansible.module_utils.host_datapath.spec import Spec

# /proc/net/bonding/bond0 of a lab host, kernel 6.12, shortened
BONDING = """\
Ethernet Channel Bonding Driver: v6.12.107+deb13-amd64

Bonding Mode: IEEE 802.3ad Dynamic link aggregation
Transmit Hash Policy: layer3+4 (1)
MII Status: up
MII Polling Interval (ms): 100

802.3ad info
LACP active: on
LACP rate: fast
Min links: 1
Aggregator selection policy (ad_select): stable
System MAC address: 52:54:00:82:11:01
Active Aggregator Info:
	Aggregator ID: 2
	Number of ports: 1
	Actor Key: 9
	Partner Key: 1
	Partner Mac Address: aa:e2:f8:54:4a:44

Slave Interface: data0
MII Status: up
Speed: 1000 Mbps
Permanent HW addr: 52:54:00:82:11:00
Aggregator ID: 2
details actor lacp pdu:
    system mac address: 52:54:00:82:11:01
    port state: 63
details partner lacp pdu:
    system mac address: aa:e2:f8:54:4a:44
    port state: 63

Slave Interface: data1
MII Status: down
Permanent HW addr: 52:54:00:82:11:01
Aggregator ID: 5
details actor lacp pdu:
    system mac address: 52:54:00:82:11:01
    port state: 71
details partner lacp pdu:
    system mac address: 00:00:00:00:00:00
    port state: 0
"""


def test_bonding_report():
    facts = bond.parse_report(BONDING)
    assert facts == {
        "aggregator": "2",
        "partner": "aa:e2:f8:54:4a:44",
        "mii": "up",
        "states": {
            "data0": {"mii": "up", "aggregator": "2", "partner": "aa:e2:f8:54:4a:44"},
            "data1": {"mii": "down", "aggregator": "5", "partner": "00:00:00:00:00:00"},
        },
    }


def test_bonding_report_of_a_bond_without_members():
    assert bond.parse_report("MII Status: down\n")["states"] == {}


def test_devlink_batch_of_iproute2():
    # what `devlink -j -f -b -` prints: objects with commas between, on one line or several
    text = '{"dev":{"pci/0000:3b:00.0":{"mode":"switchdev"}}},{"dev":{}}\n{"param":{}}\n'
    assert list(kernel.documents(text)) == [
        {"dev": {"pci/0000:3b:00.0": {"mode": "switchdev"}}},
        {"dev": {}},
        {"param": {}},
    ]


def test_devlink_that_answers_nonsense():
    assert list(kernel.documents("kernel answers: No such device")) == []


def test_firmware_of_mstconfig():
    text = """
Device #1:
----------

Device type:        ConnectX6
Name:               MCX653106A-ECA_Ax
Device:             0000:3b:00.0

Configurations:                              Default         Current         Next Boot
*        NUM_OF_VFS                                  0               8               16
         SRIOV_EN                                    False(0)        True(1)         True(1)
         LINK_TYPE_P1                                IB(1)           ETH(2)          ETH(2)
The '*' shows parameters with next value different from default/current value.
"""
    assert parse_firmware(text) == {
        "NUM_OF_VFS": {"current": "8", "next": "16"},
        "SRIOV_EN": {"current": "1", "next": "1"},
        "LINK_TYPE_P1": {"current": "2", "next": "2"},
    }


class Recorded:
    """A system with one answer."""

    def __init__(self, stdout="", files=None):
        self.stdout, self.files = stdout, files or {}

    def run(self, *argv, **options):
        from ansible.module_utils.system import Output

        return Output(0, self.stdout, "")

    def exists(self, path):
        return path in self.files

    def read(self, path):
        return self.files.get(path)


def test_interfaces_of_ip():
    link = {
        "ifname": "data0",
        "flags": ["BROADCAST", "MULTICAST", "SLAVE", "UP", "LOWER_UP"],
        "mtu": 9000,
        "master": "bond0",
        "address": "52:54:00:82:11:01",
        "permaddr": "52:54:00:82:11:00",
        "parentbus": "pci",
        "parentdev": "0000:01:00.0",
        "vfinfo_list": [{"vf": 0, "address": "02:45:bd:67:76:60", "trust": False}],
        "addr_info": [
            {"family": "inet", "local": "10.1.0.1", "prefixlen": 16, "scope": "global"},
            {"family": "inet6", "local": "fe80::1", "prefixlen": 64, "scope": "link"},
        ],
    }
    facts = kernel.read_links(Recorded(json.dumps([link])))["data0"]
    assert facts["mac"] == "52:54:00:82:11:00"
    assert facts["vf_macs"] == {"0": "02:45:bd:67:76:60"}
    assert facts["addresses"] == ["10.1.0.1/16"]
    assert (facts["up"], facts["master"], facts["parent"]) == (True, "bond0", "0000:01:00.0")


def test_features_of_ethtool():
    text = (
        "Features for lo:\nhw-tc-offload: off [fixed]\n\nFeatures for data0:\nhw-tc-offload: on\n"
    )
    assert kernel.read_offload(Recorded(text)) == {"lo": "off [fixed]", "data0": "on"}


def test_tables_of_ovs_vsctl():
    tables = [
        {
            "headings": ["other_config", "external_ids"],
            "data": [[["map", [["hw-offload", "true"]]], ["map", [["hostname", "h"]]]]],
        },
        {
            "headings": ["name", "ports", "external_ids"],
            "data": [
                [
                    "br-data",
                    ["set", [["uuid", "1"], ["uuid", "2"]]],
                    ["map", [["slipway", "br-data"]]],
                ],
                ["br-int", ["uuid", "3"], ["map", []]],
            ],
        },
        {
            "headings": ["_uuid", "name", "external_ids"],
            "data": [
                [["uuid", "1"], "br-data", ["map", []]],
                [["uuid", "2"], "bond0", ["map", [["slipway", "br-data"]]]],
                [["uuid", "3"], "br-int", ["map", []]],
            ],
        },
        {
            "headings": ["name", "mtu", "mtu_request", "error"],
            "data": [
                ["br-data", 9000, 9000, ["set", []]],
                ["bond0", 9000, ["set", []], "could not open network device bond0"],
            ],
        },
    ]
    spec = Spec.from_dict({"host": "h", "openvswitch": {"bridges": [{"name": "br-data"}]}})
    system = Recorded("\n".join(map(json.dumps, tables)), {"/run/openvswitch/db.sock": ""})
    facts = openvswitch.read(system, spec, {"bridges": []})
    assert facts["other_config"] == {"hw-offload": "true"}
    assert not facts["restart_pending"]
    port = {"ours": True, "error": "could not open network device bond0"}
    assert facts["bridges"] == {
        "br-data": {"ours": True, "mtu_request": 9000, "ports": {"bond0": port}},
        "br-int": {"ours": False, "mtu_request": None, "ports": {}},
    }


def test_addresses_that_vfs_will_have():
    nic = {
        "name": "data",
        "driver": "igb",
        "vfs": 3,
        "ports": [{"name": f"data{n}", "pci_address": f"0000:01:00.{n}"} for n in range(2)],
        "bond": {"name": "bond0"},
    }
    spec = Spec.from_dict({"host": "h", "nics": [nic]})
    base = "/sys/bus/pci/devices/0000:01:00.1/sriov_"
    # 82576 in the lab: virtual functions of the second port are .1, .3, .5
    system = Recorded(files={f"{base}offset": "128", f"{base}stride": "2"})
    found = udev.vf_addresses(system, spec.nics[0], spec.nics[0].ports[1])
    assert found == ["0000:01:10.1", "0000:01:10.3", "0000:01:10.5"]

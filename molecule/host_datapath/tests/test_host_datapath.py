"""The datapath of a lab host, asked from outside."""

import json

import pytest

PORTS = ("data0", "data1")


@pytest.fixture(scope="module")
def links(host):
    shown = json.loads(host.check_output("ip -details -json address"))
    return {link["ifname"]: link for link in shown}


@pytest.fixture(scope="module")
def bond(host):
    return host.file("/proc/net/bonding/bond0").content_string


def test_bond_as_the_model_says(bond):
    assert "Bonding Mode: IEEE 802.3ad" in bond
    assert "Transmit Hash Policy: layer3+4" in bond
    assert "LACP rate: fast" in bond


def test_both_members_have_the_switch_as_partner(bond):
    assert "Number of ports: 2" in bond
    assert "Partner Mac Address: 00:00:00:00:00:00" not in bond


def test_the_bond_has_the_mac_of_a_port(links):
    own = {links[port].get("permaddr", links[port]["address"]) for port in PORTS}
    assert links["bond0"]["address"] in own


@pytest.mark.parametrize("port", PORTS)
def test_members(links, port):
    assert links[port]["master"] == "bond0"
    assert links[port]["mtu"] == 9000


@pytest.mark.parametrize("port", PORTS)
def test_vfs(host, links, port):
    device = f"/sys/class/net/{port}/device"
    assert host.file(f"{device}/sriov_numvfs").content_string.strip() == "3"
    for vf in range(3):
        assert host.file(f"{device}/virtfn{vf}/driver").exists
        assert f"{port}v{vf}" in links


def test_networks(host, links):
    last = host.check_output("hostname").rpartition("-")[2]
    for vlan, subnet in ((100, "10.10.0"), (200, "10.20.0")):
        link = links[f"bond0.{vlan}"]
        assert link["linkinfo"]["info_data"]["id"] == vlan
        assert link["mtu"] == 9000
        assert f"{subnet}.{last}" in [a["local"] for a in link["addr_info"]]


def test_route(host):
    (route,) = json.loads(host.check_output("ip -json route show 198.51.100.0/24"))
    assert (route["gateway"], route["dev"]) == ("10.10.3.255", "bond0.100")


def test_addresses_beside_the_models_are_listed(host, links):
    last = host.check_output("hostname").rpartition("-")[2]
    left = "\n".join(json.loads(host.check_output("slipway-datapath plan --json"))["left"])
    own = {"bond0.100": f"10.10.0.{last}", "bond0.200": f"10.20.0.{last}"}
    for name in ("bond0", *own):
        shown = {a["local"] for a in links[name]["addr_info"] if a["scope"] == "global"}
        assert all(f"{address}/" in left for address in shown - {own.get(name)})


def test_management_is_as_it_was(links):
    assert [a["local"] for a in links["enp0s3"]["addr_info"] if a["scope"] == "global"]


def test_open_vswitch(host):
    assert host.check_output("ovs-vsctl list-ports br-data").split() == ["bond0"]
    shown = host.check_output("ovs-vsctl get Open_vSwitch . other_config:max-idle")
    assert shown.strip('"') == "30000"


def test_the_command_agrees(host):
    done = host.run("slipway-datapath plan --json")
    assert done.rc == 0, done.stdout
    status = json.loads(host.check_output("slipway-datapath status --json"))
    assert status["gate"]["open"]
    assert status["pending"] is None


def test_boot_units(host):
    datapath = ("slipway-datapath-before-network", "slipway-datapath-after-network")
    for unit in ("slipway-guard", "slipway-guard-late", *datapath):
        assert host.service(f"{unit}.service").is_enabled


def test_no_failed_units(host):
    assert not host.check_output("systemctl list-units --state=failed --plain --no-legend")

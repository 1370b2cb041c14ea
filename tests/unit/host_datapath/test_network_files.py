"""What each network manager is given for one host, word for word."""

import configparser
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.host_datapath.network import files, network_manager
from ansible.module_utils.host_datapath.spec import Spec
from ansible.module_utils.system import System

GOLDEN = Path(__file__).parent / "golden"
MANAGERS = ("networkd", "netplan", "networkmanager")


def desired(**changes):
    nic = {
        "name": "data",
        "driver": "igb",
        "ports": [
            {"name": "data0", "pci_address": "0000:01:00.0"},
            {"name": "data1", "pci_address": "0000:01:00.1"},
        ],
        "mtu": 9000,
        "vfs": 3,
        "bond": {"name": "bond0"},
    }
    storage = {
        "name": "storage",
        "link": "bond0",
        "vlan": 100,
        "interface": "bond0.100",
        "mtu": 9000,
        "addresses": ["10.10.0.1/16", "2001:db8:1::1/64"],
        "routes": [{"to": "10.30.0.0/16", "via": "10.10.255.254"}],
    }
    management = {
        "interface": "mgmt0",
        "mac_address": "52:54:00:77:00:11",
        "addresses": ["192.0.2.11/24"],
        "gateway": "192.0.2.1",
        "managed": True,
    }
    return {
        "host": "host-1",
        "nics": [nic],
        "networks": [storage],
        "management": management,
        **changes,
    }


def spec(manager="networkd", **changes):
    return Spec.from_dict(desired(network_manager=manager, **changes))


def rendered(manager, **changes):
    return network_manager(manager).render(spec(manager, **changes))


@pytest.mark.parametrize("manager", MANAGERS)
def test_files_are_as_laid_down(manager):
    found = rendered(manager)
    names = {path.strip("/").replace("/", "_") + ".txt": text for path, text in found.items()}
    folder = GOLDEN / manager
    assert names == {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.parametrize("manager", MANAGERS)
def test_rendering_is_pure(manager):
    assert rendered(manager) == rendered(manager)


@pytest.mark.parametrize("manager", MANAGERS)
def test_every_file_is_recognised_as_the_kits(manager, tmp_path):
    system = System(str(tmp_path))
    found = rendered(manager)
    for path, text in found.items():
        system.write_file(path, text)
    system.write_file("/etc/systemd/network/10-management.network", "")
    system.write_file("/etc/netplan/50-cloud-init.yaml", "")
    system.write_file("/etc/NetworkManager/system-connections/office.nmconnection", "")
    assert network_manager(manager).owned(system) == sorted(found)


@pytest.mark.parametrize("manager", MANAGERS)
def test_a_manager_knows_the_others_files(manager, tmp_path):
    system = System(str(tmp_path))
    for other in MANAGERS:
        for path, text in rendered(other).items():
            system.write_file(path, text)
    owned = set(network_manager(manager).owned(system))
    assert set().union(*(rendered(other) for other in MANAGERS)) == owned


@pytest.mark.parametrize("manager", MANAGERS)
def test_management_is_left_alone_unless_managed(manager):
    management = {**desired()["management"], "managed": False}
    text = "".join(rendered(manager, management=management).values())
    assert "mgmt0" not in text
    assert "192.0.2" not in text


@pytest.mark.parametrize("manager", MANAGERS)
def test_a_bond_keeps_a_ports_mac(manager):
    link = rendered(manager)["/etc/systemd/network/05-slipway-bond0.link"]
    assert "MACAddressPolicy=none" in link


def test_secrets_modes():
    netplan, keyfiles = network_manager("netplan"), network_manager("networkmanager")
    assert netplan.mode(files.NETPLAN) == 0o600
    assert keyfiles.mode(f"{files.CONNECTIONS}/slipway-bond0.nmconnection") == 0o600
    assert netplan.mode("/etc/systemd/network/05-slipway-bond0.link") == 0o644


def test_netplan_is_valid_yaml():
    document = yaml.safe_load(rendered("netplan")[files.NETPLAN])["network"]
    assert document["bonds"]["bond0"]["parameters"]["transmit-hash-policy"] == "layer3+4"
    assert document["vlans"]["bond0.100"]["addresses"] == ["10.10.0.1/16", "2001:db8:1::1/64"]
    assert document["ethernets"]["mgmt0"]["match"] == {"macaddress": "52:54:00:77:00:11"}
    assert document["ethernets"]["mgmt0"]["routes"] == [{"to": "default", "via": "192.0.2.1"}]


def test_profiles_have_uuids_that_stay_and_differ():
    def uuids(**changes):
        found = {}
        for path, text in rendered("networkmanager", **changes).items():
            if path.endswith(".nmconnection"):
                parser = configparser.ConfigParser()
                parser.read_string(text)
                found[path] = parser["connection"]["uuid"]
        return found

    first = uuids()
    assert len(set(first.values())) == len(first)
    assert uuids(networks=[]).items() <= first.items()


def test_an_untagged_network_puts_its_addresses_on_the_bond():
    own = {
        "name": "storage", "link": "bond0", "vlan": None, "interface": "bond0", "mtu": 9000,
        "addresses": ["10.10.0.1/16"], "routes": [{"to": "default", "via": "10.10.0.254"}],
    }  # fmt: skip
    bond = rendered("networkd", networks=[own])["/etc/systemd/network/05-slipway-bond0.network"]
    assert "Address=10.10.0.1/16" in bond
    assert "[Route]\nGateway=10.10.0.254" in bond
    document = yaml.safe_load(rendered("netplan", networks=[own])[files.NETPLAN])["network"]
    assert document["bonds"]["bond0"]["addresses"] == ["10.10.0.1/16"]
    profile = rendered("networkmanager", networks=[own])[
        f"{files.CONNECTIONS}/slipway-bond0.nmconnection"
    ]
    assert "route1=0.0.0.0/0,10.10.0.254" in profile
    assert "never-default" not in profile


def test_a_bond_without_lacp_has_no_lacp_rate():
    nic = {**desired()["nics"][0], "bond": {"name": "bond0", "mode": "active-backup"}}
    for manager in MANAGERS:
        text = "".join(rendered(manager, nics=[nic]).values()).lower()
        assert "lacp" not in text

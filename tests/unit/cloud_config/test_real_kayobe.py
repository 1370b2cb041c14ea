"""The real Kayobe and Kolla-Ansible read the example sites' files: what they make of each host."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.cloud_config.names import network
from ansible.module_utils.cloud_config.own import options
from real_kayobe import RealKayobe

SITES = ("example-rack", "example-federation/site-b", "lab-cloud")
ASKED = {
    "interfaces": "dict(network_interfaces | zip(network_interfaces | map('net_interface')))",
    "addresses": "dict(network_interfaces | zip(network_interfaces | map('net_ip')))",
    "vlans": "dict(network_interfaces | zip(network_interfaces | map('net_vlan')))",
    "mtus": "dict(network_interfaces | zip(network_interfaces | map('net_mtu')))",
    "bonds": "network_interfaces | net_select_bonds | map('net_bond_obj') | list",
    "host": "ansible_host",
    "internal": "internal_net_name | net_interface",
    "groups": "group_names",
    "release": "openstack_release",
    "ironic": "kolla_enable_ironic | bool",
    "vip": "kolla_internal_vip_address",
    "tags": "kolla_tag",
}
GROUPS = {"controller": "controllers", "compute": "compute"}
SECRET = "correct-horse-battery"


@pytest.mark.parametrize("site", SITES)
def test_kayobe_yields_what_the_model_says_host_by_host(kayobe, desired, site, tmp_path):
    wanted = desired(site)
    kayobe.run(wanted)
    found = RealKayobe(tmp_path).dump(ASKED)
    assert set(found) == set(wanted["hosts"])
    for name, host in wanted["hosts"].items():
        seen, fabrics = found[name], wanted["fabrics"]
        own = {network(fabric): interface for fabric, interface in host["interfaces"].items()}
        assert own.items() <= seen["interfaces"].items()
        assert seen["addresses"] == {
            **dict.fromkeys(seen["interfaces"]),
            **{network(fabric): address for fabric, address in host["addresses"].items()},
        }
        for fabric in host["interfaces"]:
            assert seen["vlans"][network(fabric)] == fabrics[fabric]["vlan"]
            assert seen["mtus"][network(fabric)] == fabrics[fabric]["mtu"]
        admin = wanted["roles"]["admin"]
        assert seen["host"] == host["addresses"][admin]
        assert seen["internal"] == host["interfaces"][wanted["roles"]["internal"]]
        assert GROUPS[wanted["groups"][host["group"]]["purpose"]] in seen["groups"]
        assert seen["release"] == wanted["release"] and wanted["release"] in seen["tags"]
        assert seen["ironic"] is bool(wanted["ironic"])
        assert seen["vip"] == wanted["api"]["internal_vip_address"]
        _check_bonds(seen["bonds"], host["bonds"], wanted["bond_owner"])


def _check_bonds(seen, bonds, owner):
    if owner == "kit":
        assert seen == []  # Kayobe has nothing to make
        return
    for found, bond in zip(seen, bonds, strict=True):
        assert (found["device"], found["mtu"]) == (bond["name"], bond["mtu"])
        assert found["bond_slaves"] == bond["ports"]
        assert found["bond_mode"] == bond["mode"]
        assert found["bond_xmit_hash_policy"] == bond["transmit_hash_policy"]
        assert found["bond_lacp_rate"] == bond["lacp_rate"]
        assert found["bond_miimon"] == bond["miimon"]


def test_kayobe_tells_kolla_ansible(kayobe, desired, tmp_path):
    """Kolla-Ansible's inventory and overrides; the password of a switch is encrypted."""
    wanted = desired("example-rack")
    keep = {"control-1", "compute-4"}  # each further host takes seconds
    wanted["hosts"] = {name: host for name, host in wanted["hosts"].items() if name in keep}
    for group in wanted["groups"].values():
        group["hosts"] = [name for name in group["hosts"] if name in keep]
    password_file = tmp_path / "vault-password"
    password_file.write_text("of a test\n")
    kayobe.write_own("secrets.yml", f"vault_leaf_password: {SECRET}\n")
    vault = [str(Path(sys.executable).parent / "ansible-vault"), "encrypt"]
    subprocess.run(
        [*vault, "--vault-password-file", str(password_file), str(kayobe.own / "secrets.yml")],
        check=True, capture_output=True,
    )  # fmt: skip
    kayobe.run(wanted)
    assert SECRET not in "".join(f.read_text() for f in kayobe.folder.rglob("*") if f.is_file())
    real = RealKayobe(tmp_path)
    real.generate("--vault-password-file", str(password_file))
    host = real.host_vars("compute-4")
    assert (host["neutron_bridge_name"], host["neutron_external_interface"]) == ("br-data", "bond0")
    assert host["neutron_physical_networks"] == "physnet1"
    assert host["openvswitch_hw_offload"] is True
    assert host["api_interface"] == "bond0.100"
    controller = real.host_vars("control-1")
    assert controller["kolla_external_vip_interface"] == "bond0.110"
    assert controller["ironic_dnsmasq_interface"] == "bond0.400"
    assert controller["openvswitch_hw_offload"] is False

    config = real.kolla / "config"
    ml2 = options((config / "neutron/ml2_conf.ini").read_text())
    assert ml2["genericswitch:leaf-1"]["password"] == [SECRET]
    assert ml2["genericswitch:leaf-1"]["ngs_physical_networks"] == ["physnet1"]
    assert ml2["ml2"]["mechanism_drivers"] == ["openvswitch,sriovnicswitch,baremetal,genericswitch"]
    assert not (config / "neutron/ml2_conf.ini").stat().st_mode & 0o007
    nova = options((config / "nova/compute-4/nova.conf").read_text())
    assert [spec.split('"')[3] for spec in nova["pci"]["device_spec"]] == [
        "0000:af:00.0", "0000:af:00.1",
    ]  # fmt: skip
    assert not (config / "nova/control-1").exists()
    ironic = options((config / "ironic.conf").read_text())["DEFAULT"]
    assert ironic["enabled_hardware_types"] == ["redfish"]
    assert ironic["default_network_interface"] == ["neutron"]
    found = yaml.safe_load((real.kolla / "globals.yml").read_text())
    assert found["ironic_dnsmasq_dhcp_ranges"][0]["range"] == "10.40.1.0,10.40.1.255,255.255.240.0"
    assert found["nova_pci_passthrough_whitelist"] == []
    assert found["openstack_region_name"] == "rack-1"
    assert (kayobe.folder / "kolla/passwords.yml").read_text().startswith("$ANSIBLE_VAULT")
    # what Kayobe wrote into its folder is no change by hand
    assert not kayobe.run(wanted).changed

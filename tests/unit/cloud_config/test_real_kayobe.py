"""The real Kayobe and Kolla-Ansible read the example sites' files: what they make of each host."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
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


def facts_of(wanted):
    """Addresses by interface, as the hosts would have them."""
    return {
        name: {
            interface: host["addresses"][fabric]
            for fabric, interface in host["interfaces"].items() if fabric in host["addresses"]
        }
        for name, host in wanted["hosts"].items()
    }  # fmt: skip


def test_kolla_ansible_renders_the_services_files(kayobe, desired, tmp_path):
    """Kayobe's files, then Kolla-Ansible's, of the rack with an encrypted password of a switch."""
    wanted = desired("example-rack")
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
    image = tmp_path / "image"
    image.write_text("not downloaded")
    real.generate(
        "--vault-password-file", str(password_file), kolla_inspector_ipa_kernel_upstream_url=None,
    )  # fmt: skip
    host = real.host_vars("compute-4")
    assert (host["neutron_bridge_name"], host["neutron_external_interface"]) == ("br-data", "bond0")
    assert host["neutron_physical_networks"] == "physnet1"
    assert host["openvswitch_hw_offload"] is True
    assert host["api_interface"] == "bond0.100"
    controller = real.host_vars("control-1")
    assert controller["kolla_external_vip_interface"] == "bond0.110"
    assert controller["ironic_dnsmasq_interface"] == "bond0.400"
    assert controller["openvswitch_hw_offload"] is False

    out = real.genconfig("neutron,openvswitch,nova,nova-cell", facts_of(wanted))
    nova = options((out / "compute-4/nova-compute/nova.conf").read_text())
    assert [spec.split('"')[3] for spec in nova["pci"]["device_spec"]] == [
        "0000:af:00.0", "0000:af:00.1",
    ]  # fmt: skip
    assert "passthrough_whitelist" not in nova["pci"]
    assert nova["compute"]["cpu_dedicated_set"] == ["4-63"]
    scheduler = options((out / "control-1/nova-scheduler/nova.conf").read_text())
    assert "PciPassthroughFilter" in scheduler["filter_scheduler"]["enabled_filters"][0]
    agent = options((out / "compute-4/neutron-openvswitch-agent/openvswitch_agent.ini").read_text())
    assert agent["ovs"]["bridge_mappings"] == ["physnet1:br-data"]
    assert agent["securitygroup"]["firewall_driver"] == ["openvswitch"]
    ml2 = options((out / "control-1/neutron-server/ml2_conf.ini").read_text())
    assert ml2["ml2"]["mechanism_drivers"] == ["openvswitch,sriovnicswitch,baremetal,genericswitch"]
    # Kolla-Ansible's name, and the one that Neutron has since 2026.1
    assert ml2["ml2"]["tenant_network_types"] == ["vlan"]
    assert ml2["ml2"]["project_network_types"] == ["vlan"]
    assert ml2["ml2_type_vlan"]["network_vlan_ranges"] == ["physnet1:1000:1999"]
    assert ml2["genericswitch:leaf-1"]["password"] == [SECRET]
    neutron = options((out / "control-1/neutron-server/neutron.conf").read_text())
    assert neutron["DEFAULT"]["global_physnet_mtu"] == ["9000"]

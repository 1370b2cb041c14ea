"""The real Kayobe reads the example sites' files: what it makes of each host."""

from __future__ import annotations

import pytest
from ansible.module_utils.cloud_config.names import network
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

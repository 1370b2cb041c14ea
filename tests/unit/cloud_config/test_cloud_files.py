"""The files of the example sites: golden texts, the same bytes always, what follows from what.

GOLDEN=write writes the golden texts anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.cloud_config.files import files
from ansible.module_utils.cloud_config.inventory import allocation
from ansible.module_utils.cloud_config.names import group, link, network
from ansible.module_utils.cloud_config.own import options

GOLDEN = Path(__file__).parent / "golden"
SITES = ("example-rack", "example-federation/site-b", "lab-cloud")
AGAIN = """
import sys; sys.path[:0] = {path!r}
import conftest
import importlib.util
spec = importlib.util.spec_from_file_location("own", {own!r})
own = importlib.util.module_from_spec(spec); spec.loader.exec_module(own)
from ansible.module_utils.cloud_config.files import files
for path, text in files(own.desired_of({site!r})).items():
    print("=====", path); print(text, end="")
"""


def whole(desired) -> str:
    return "".join(f"===== {path}\n{text}" for path, text in files(desired).items())


@pytest.mark.parametrize("site", SITES)
def test_the_files_are_the_golden_ones(desired, site):
    golden = GOLDEN / f"{site.replace('/', '-')}.txt"
    text = whole(desired(site))
    if os.environ.get("GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize("seed", ["1", "4711"])
def test_another_process_gives_the_same_bytes(desired, seed):
    site, tests = "example-rack", Path(__file__).resolve().parents[2]
    code = AGAIN.format(
        path=[str(tests), *sys.path], own=str(Path(__file__).with_name("conftest.py")), site=site
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )  # fmt: skip
    assert ran.stdout == whole(desired(site))


@pytest.mark.parametrize("site", SITES)
def test_every_file_can_be_read(desired, site):
    for path, text in files(desired(site)).items():
        assert text.endswith("\n") and not text.endswith("\n\n"), path
        if path.endswith(".yml") or "_vars/" in path:
            assert yaml.safe_load(text), path
        if path.endswith((".conf", ".ini")):
            assert options(text), path


def test_a_pf_has_one_line_and_a_host_its_own(rack):
    found = files(rack)
    for host, address in (("compute-1", "0000:3b:00"), ("compute-4", "0000:af:00")):
        specs = options(found[f"kolla/config/nova/{host}/nova.conf"])["pci"]["device_spec"]
        assert [spec.split('"')[3] for spec in specs] == [f"{address}.0", f"{address}.1"]
    assert "kolla/config/nova/control-1/nova.conf" not in found  # its VFs are no guests'
    assert yaml.safe_load(found["kolla/globals.yml"])["nova_pci_passthrough_whitelist"] == []


def test_a_host_that_differs_from_its_group_has_variables_of_its_own(desired):
    def other_bond(sections):
        sections["site_host_groups"]["compute"]["management"]["interface"] = "eno2"

    usual = files(desired("example-rack", other_bond))
    assert (
        "management_net_interface: eno2" in usual["inventory/group_vars/compute/network-interfaces"]
    )
    assert not [path for path in usual if "host_vars" in path]
    one = desired("example-rack")
    one["hosts"]["compute-2"]["interfaces"]["management"] = "eno9"
    text = files(one)["inventory/host_vars/compute-2/network-interfaces"]
    assert yaml.safe_load(text) == {"management_net_interface": "eno9"}


def test_the_owner_of_the_bonds(desired):
    def owner(name):
        def change(sections):
            sections["site_openstack"]["bond_owner"] = name

        return change

    kits, kayobes = (files(desired("example-rack", owner(who))) for who in ("kit", "kayobe"))
    path = "inventory/group_vars/compute/network-interfaces"
    assert "bond_slaves" not in kits[path]
    found = yaml.safe_load(kayobes[path])
    assert found["link_bond0_bond_slaves"] == ["data0", "data1"]
    assert found["link_bond0_bond_mode"] == "802.3ad"
    assert found["link_bond0_bond_xmit_hash_policy"] == "layer3+4"
    assert found["link_bond0_bond_lacp_rate"] == "fast"
    assert found["link_bond0_mtu"] == 9000
    hooks = {path.split("/")[2] for path in kits if path.startswith("hooks/")}
    assert hooks == {"pre.d", "post.d"}
    guard = "hooks/overcloud-host-configure/pre.d/10-slipway-network.yml"
    assert guard in kits and guard not in kayobes


def test_vfs_of_a_legacy_nic_are_served_by_the_sriov_agent(desired):
    def legacy(sections):
        sections["site_nic_profiles"]["connectx-6"]["eswitch_mode"] = "legacy"

    found = files(desired("example-rack", legacy))
    assert yaml.safe_load(found["kolla.yml"])["kolla_enable_neutron_sriov"] is True
    agent = options(found["kolla/config/neutron/compute-1/sriov_agent.ini"])["sriov_nic"]
    assert agent["physical_device_mappings"] == ["physnet1:data0,physnet1:data1"]
    group_vars = yaml.safe_load(found["inventory/group_vars/compute/network-interfaces"])
    assert group_vars["openvswitch_hw_offload"] is False


def test_a_cloud_without_bare_metal_has_nothing_of_it(desired):
    def without(sections):
        sections["site_openstack"]["nodes"] = {}

    found = files(desired("example-rack", without))
    assert "ironic.yml" not in found and "inspector.yml" not in found
    assert "provision_wl_net_name" not in found["networks.yml"]
    drivers = options(found["kolla/config/neutron/ml2_conf.ini"])["ml2"]["mechanism_drivers"]
    assert drivers == ["openvswitch,sriovnicswitch"]


def test_each_release_gets_its_own_names(desired):
    """What differs: an option of Neutron's, and a group of Kayobe's."""

    def older(sections):
        sections["site_openstack"]["release"] = "2025.2"

    old, new = files(desired("example-rack", older)), files(desired("example-rack"))
    ml2 = "kolla/config/neutron/ml2_conf.ini"
    assert "tenant_network_types" in options(old[ml2])["ml2"]
    assert "project_network_types" not in options(old[ml2])["ml2"]
    assert options(new[ml2])["ml2"]["project_network_types"] == ["vlan"]
    assert "tenant_network_types" not in options(new[ml2])["ml2"]
    assert "ansible-control" in new["inventory/groups"]
    assert "ansible-control" not in old["inventory/groups"]
    # nova took device_spec for passthrough_whitelist long before both
    assert "device_spec" in old["kolla/config/nova/compute-1/nova.conf"]
    changed = {path for path in new if old[path] != new[path]}
    assert changed == {"inventory/groups", "openstack.yml", ml2}


def test_addresses_follow_from_the_hosts_indexes(rack):
    found = allocation(rack)
    assert found["internal_net_ips"]["compute-4"] == "10.10.0.14"
    assert found["provisioning_net_ips"] == {
        "control-1": "10.40.0.11", "control-2": "10.40.0.12", "control-3": "10.40.0.13",
    }  # fmt: skip


def test_names():
    assert network("site-net") == "site_net_net"
    assert link("bond0.5") == "link_bond0_5"
    assert group("compute", "compute") == "compute"
    assert group("hypervisors", "compute") == "hypervisors_hosts"
    assert group("gpu", "compute") == "gpu"


@pytest.mark.parametrize("site", SITES)
def test_nothing_of_a_machine_and_no_secret_is_in_them(desired, site):
    text = whole(desired(site))
    assert str(Path.home()) not in text and str(Path(__file__).parents[3]) not in text
    for line in re.findall(r"^.*password.*$", text, re.M):
        assert re.search(r"password: '\{\{ vault_\w+ \}\}'", line), line

"""The real Kayobe tells the real Kolla-Ansible of the example sites, and it renders their services.

What of it is a STAND-IN: tests/real_kolla.py. Of each site a controller and a compute host.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.cloud_config.own import options
from real_kayobe import RealKayobe
from real_kolla import RealKolla

SITES = ("example-rack", "example-federation/site-b", "lab-cloud")
SERVICES = ("neutron", "nova", "nova-cell", "ironic", "openvswitch")
SECRET = "correct-horse-battery"
ASKED = {
    "interfaces": "dict(network_interfaces | zip(network_interfaces | map('net_interface')))",
    "addresses": "dict(network_interfaces | zip(network_interfaces | map('net_ip')))",
}


@pytest.mark.parametrize("site", SITES)
def test_kolla_ansible_renders_what_the_model_says(kayobe, desired, site, tmp_path):
    wanted, controller, compute = two_hosts(desired(site))
    password_file = tmp_path / "vault-password"
    password_file.write_text("of a test\n")
    vault = ("--vault-password-file", str(password_file))
    kayobe.write_own("secrets.yml", f"vault_leaf_password: {SECRET}\n")
    program = Path(sys.executable).parent / "ansible-vault"
    secrets = str(kayobe.own / "secrets.yml")
    subprocess.run([program, "encrypt", *vault, secrets], check=True, capture_output=True)
    kayobe.run(wanted)
    assert SECRET not in "".join(f.read_text() for f in kayobe.folder.rglob("*") if f.is_file())

    real = RealKayobe(tmp_path)
    real.generate(*vault)
    kolla = RealKolla(real, addresses(real.dump(ASKED, *vault)))
    if site == "example-rack":
        _check_kolla_of_the_rack(real)
    kolla.genconfig(SERVICES, *vault)

    nova = read(kolla.rendered / compute / "nova-compute/nova.conf")
    assert nova["pci"]["device_spec"] == written(kayobe, f"nova/{compute}", "nova.conf")["pci"][
        "device_spec"
    ]  # fmt: skip
    alias = written(kayobe, "", "nova.conf")["pci"]["alias"]
    for service in ("nova-api", "nova-conductor", "nova-scheduler"):
        found = read(kolla.rendered / controller / service / "nova.conf")
        assert found["pci"]["alias"] == alias and "device_spec" not in found["pci"]
    filters = found["filter_scheduler"]["enabled_filters"][0].split(",")
    assert "PciPassthroughFilter" in filters and "NUMATopologyFilter" in filters

    ours = written(kayobe, "neutron", "ml2_conf.ini")
    for service in ("neutron-server", "neutron-rpc-server"):
        found = read(kolla.rendered / controller / service / "ml2_conf.ini")
        for section in ("ml2", "ml2_type_vlan", "ml2_type_flat"):
            assert found[section].items() >= ours[section].items()
        assert "port_security" in found["ml2"]["extension_drivers"][0]
    agent = read(kolla.rendered / compute / "neutron-openvswitch-agent/openvswitch_agent.ini")
    own = written(kayobe, f"neutron/{compute}", "openvswitch_agent.ini")
    assert agent["ovs"]["bridge_mappings"] == own["ovs"]["bridge_mappings"]
    assert agent["securitygroup"]["firewall_driver"] == ["openvswitch"]
    if wanted["ironic"]:
        found = read(kolla.rendered / controller / "ironic-conductor/ironic.conf")["DEFAULT"]
        assert found.items() >= written(kayobe, "", "ironic.conf").get("DEFAULT", {}).items()
    for path in kolla.rendered.rglob("*"):
        if path.is_file() and SECRET in path.read_text():
            assert path.name == "ml2_conf.ini" and not path.stat().st_mode & 0o007
    # what Kayobe wrote into its folder is no change by hand
    assert not kayobe.run(wanted).changed


def two_hosts(wanted: Any) -> tuple[Any, str, str]:
    """The site with its first controller and its last compute host: each further takes seconds."""
    groups = wanted["groups"].values()
    controller = next(g["hosts"][0] for g in groups if g["purpose"] == "controller")
    compute = [g["hosts"][-1] for g in groups if g["purpose"] == "compute"][-1]
    keep = (controller, compute)
    wanted["hosts"] = {name: host for name, host in wanted["hosts"].items() if name in keep}
    for group in groups:
        group["hosts"] = [name for name in group["hosts"] if name in keep]
    return wanted, controller, compute


def addresses(seen: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Host → interface → address, as Kayobe would have made them."""
    return {
        host: {
            interface: found["addresses"][name]
            for name, interface in found["interfaces"].items()
            if interface and found["addresses"].get(name)
        }
        for host, found in seen.items()
    }


def read(path: Path) -> dict[str, dict[str, list[str]]]:
    return options(path.read_text())


def written(kayobe: Any, *path: str) -> dict[str, dict[str, list[str]]]:
    """An override of the kit's; empty if the site has none."""
    file = kayobe.folder.joinpath("kolla/config", *path)
    return read(file) if file.exists() else {}


def _check_kolla_of_the_rack(real: RealKayobe) -> None:
    """Kolla-Ansible's inventory and overrides; the password of a switch was encrypted."""
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
    ml2 = read(config / "neutron/ml2_conf.ini")
    assert ml2["genericswitch:leaf-1"]["password"] == [SECRET]
    assert ml2["genericswitch:leaf-1"]["ngs_physical_networks"] == ["physnet1"]
    assert ml2["ml2"]["mechanism_drivers"] == ["openvswitch,sriovnicswitch,baremetal,genericswitch"]
    assert not (config / "neutron/ml2_conf.ini").stat().st_mode & 0o007
    nova = read(config / "nova/compute-4/nova.conf")
    assert [spec.split('"')[3] for spec in nova["pci"]["device_spec"]] == [
        "0000:af:00.0", "0000:af:00.1",
    ]  # fmt: skip
    assert not (config / "nova/control-1").exists()
    ironic = read(config / "ironic.conf")["DEFAULT"]
    assert ironic["enabled_hardware_types"] == ["redfish"]
    assert ironic["default_network_interface"] == ["neutron"]
    found = yaml.safe_load((real.kolla / "globals.yml").read_text())
    assert found["ironic_dnsmasq_dhcp_ranges"][0]["range"] == "10.40.1.0,10.40.1.255,255.255.240.0"
    assert found["nova_pci_passthrough_whitelist"] == []
    assert found["openstack_region_name"] == "rack-1"
    assert (real.folder / "kolla/passwords.yml").read_text().startswith("$ANSIBLE_VAULT")

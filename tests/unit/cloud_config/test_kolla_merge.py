"""Kolla-Ansible's own templates and its own merge, with the kit's files over them.

Its code and templates are real; the variables that a template asks for are the test's.
"""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path

import pytest
from ansible.module_utils.cloud_config.files import files
from ansible.module_utils.cloud_config.own import options
from jinja2 import Environment, FileSystemLoader

KOLLA = Path(sys.prefix) / "share" / "kolla-ansible" / "ansible"
VARIABLES = {
    "neutron_type_drivers": "flat,vlan,vxlan", "neutron_tenant_network_types": "vlan",
    "tunnel_address_family": "ipv4", "neutron_plugin_agent": "openvswitch",
    "neutron_mechanism_drivers": [{"name": "openvswitch"}, {"name": "l2population"}],
    "neutron_extension_drivers": [{"name": "port_security"}], "enable_ironic": True,
    "neutron_physical_networks": "physnet1", "neutron_bridge_name": "br-data",
    "neutron_agent_extensions": [], "enable_neutron_dvr": False, "enable_nova_fake": False,
    "inventory_hostname": "compute-4", "groups": {"network": [], "compute": ["compute-4"]},
    "computes_need_external_bridge": True, "ovs_datapath": "system", "ovsdb_port": "6640",
    "ovsdb_timeout": 10, "tunnel_interface_address": "10.10.0.14", "enable_neutron_sriov": False,
}  # fmt: skip


@pytest.fixture
def merged(rack):
    """``merged(template, *paths)``: options of Kolla's template with the kit's files over it."""
    place = KOLLA / "action_plugins" / "merge_configs.py"
    spec = importlib.util.spec_from_file_location("kolla_merge_configs", place)
    kolla = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(kolla)
    environment = Environment(loader=FileSystemLoader(KOLLA / "roles"), autoescape=False)
    environment.filters["bool"] = bool
    environment.filters["zip"] = zip
    environment.filters["map"] = _map(environment.filters["map"])
    texts = files(rack)

    def merged(template, *paths):
        text = template
        if template.endswith(".j2"):
            text = environment.get_template(template).render(VARIABLES)
        config = kolla.OverrideConfigParser(whitespace=True)
        for source in [text, *(texts[f"kolla/config/{path}"] for path in paths)]:
            config.parse(io.StringIO(source))
        out = io.StringIO()
        config.write(out)
        return options(out.getvalue())

    return merged


def _map(usual):
    """Ansible's map also joins: ``map('join', ':')``."""

    def both(*arguments, **named):
        if arguments[2:] and arguments[2] == "join":
            return [arguments[3].join(pair) for pair in arguments[1]]
        return usual(*arguments, **named)

    both.jinja_pass_arg = usual.jinja_pass_arg
    return both


def test_every_pf_keeps_its_line(merged):
    found = merged(
        "[DEFAULT]\ndebug = False\n[pci]\nalias = old\n",
        "nova.conf", "nova/compute-4/nova.conf",
    )  # fmt: skip
    assert len(found["pci"]["device_spec"]) == 2
    assert "15b3" in found["pci"]["alias"][0] and len(found["pci"]["alias"]) == 1
    assert found["compute"]["cpu_dedicated_set"] == ["4-63"]


def test_the_plugin_has_the_kits_drivers_and_vlans(merged):
    found = merged("neutron/templates/ml2_conf.ini.j2", "neutron/ml2_conf.ini")
    assert found["ml2"]["mechanism_drivers"] == [
        "openvswitch,sriovnicswitch,baremetal,genericswitch"
    ]
    assert found["ml2"]["type_drivers"] == ["flat,vlan,vxlan"]
    assert found["ml2"]["extension_drivers"] == ["port_security"]
    # Kolla-Ansible's name, and the one that Neutron has since 2026.1: the same value
    assert found["ml2"]["tenant_network_types"] == found["ml2"]["project_network_types"] == ["vlan"]
    assert found["ml2_type_vlan"]["network_vlan_ranges"] == ["physnet1:1000:1999"]
    assert found["ml2"]["physical_network_mtus"] == ["physnet1:9000"]


def test_the_agent_has_a_firewall_that_can_be_offloaded(merged):
    common = "neutron/openvswitch_agent.ini"
    own = "neutron/compute-4/openvswitch_agent.ini"
    found = merged("neutron/templates/openvswitch_agent.ini.j2", common, own)
    assert found["securitygroup"]["firewall_driver"] == ["openvswitch"]
    assert found["ovs"]["bridge_mappings"] == ["physnet1:br-data"]
    assert found["ovs"]["ovsdb_connection"] == ["tcp:127.0.0.1:6640"]

"""Kayobe's variables: networks, services, bare metal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .names import network

Desired = Mapping[str, Any]


def variables(desired: Desired) -> dict[str, dict[str, Any]]:
    """Kayobe's files of variables by name, each a mapping."""
    found = {
        "globals.yml": {"os_distribution": desired["distribution"]},
        "openstack.yml": {
            "openstack_release": desired["release"],
            "openstack_branch": f"stable/{desired['release']}",
        },
        "container-engine.yml": {"container_engine": desired["container_engine"]},
        "networks.yml": networks(desired),
        "kolla.yml": kolla(desired),
        "neutron.yml": neutron(desired),
    }
    if desired["ironic"]:
        found["ironic.yml"] = ironic(desired["ironic"])
        found["inspector.yml"] = inspector(desired)
    return found


def networks(desired: Desired) -> dict[str, Any]:
    """Which network has which role, and what all hosts know of each network."""
    roles = {role: network(fabric) for role, fabric in desired["roles"].items() if fabric}
    found: dict[str, Any] = {
        "admin_oc_net_name": roles["admin"],
        "oob_oc_net_name": roles["admin"],
        "provision_oc_net_name": roles["admin"],
        "internal_net_name": roles["internal"],
        "public_net_name": roles["public"],
        "tunnel_net_name": roles.get("tunnel", ""),
        "storage_net_name": roles["storage"],
        "storage_mgmt_net_name": roles["storage"],
        # a bond that is in a bridge; groups differ, so each says its own
        "external_net_names": "{{ slipway_external_networks | default([]) }}",
    }
    if desired["ironic"]:
        found["oob_wl_net_name"] = roles["bmc"]
        found["provision_wl_net_name"] = roles["provisioning"]
        found["cleaning_net_name"] = roles["cleaning"]
        found["inspection_net_name"] = roles["inspection"]
    for fabric, facts in desired["fabrics"].items():
        found.update(_network(network(fabric), facts, fabric in _metal(desired)))
    return found


def _metal(desired: Desired) -> set[str]:
    """Fabrics that bare-metal nodes take addresses on."""
    roles = desired["roles"] if desired["ironic"] else {}
    return {roles.get(role) for role in ("provisioning", "cleaning", "inspection")} - {None}


def _network(name: str, facts: Mapping[str, Any], metal: bool) -> dict[str, Any]:
    ranges = facts["ranges"]
    first, last = ranges.get("hosts", (None, None))
    found = {
        "cidr": facts["cidr"],
        "allocation_pool_start": first,
        "allocation_pool_end": last,
        "vlan": facts["vlan"],
        "mtu": facts["mtu"],
        "physical_network": facts["physical_network"],
        "routes": [{"cidr": r["to"], "gateway": r["via"]} for r in facts["routes"]] or None,
    }
    if metal:
        for key, span in (("inspection", "inspection"), ("neutron", "vms")):
            start, end = ranges.get(span, (None, None))
            found[f"{key}_allocation_pool_start"] = start
            found[f"{key}_allocation_pool_end"] = end
            found[f"{key}_gateway"] = facts["gateway"]
    return {f"{name}_{key}": value for key, value in found.items() if value is not None}


def kolla(desired: Desired) -> dict[str, Any]:
    """What Kolla-Ansible deploys, and by which addresses the APIs answer."""
    api = desired["api"]
    found: dict[str, Any] = {
        "kolla_internal_vip_address": api["internal_vip_address"],
        "kolla_internal_fqdn": api["internal_fqdn"],
        "kolla_external_vip_address": api["external_vip_address"],
        "kolla_external_fqdn": api["external_fqdn"],
        "kolla_enable_tls_internal": api["tls_internal"],
        "kolla_enable_tls_external": api["tls_external"],
        "kolla_enable_ironic": bool(desired["ironic"]),
        # compute hosts have the bridges, too: VFs and provider networks
        "kolla_enable_neutron_provider_networks": True,
        "kolla_enable_neutron_sriov": any(g["sriov"] for g in _all(desired)),
    }
    if desired["container_registry"]:
        found["kolla_docker_registry"] = desired["container_registry"]
    found.update({f"kolla_enable_{name}": on for name, on in desired["services"].items()})
    own = "neutron_bridge_name", "neutron_external_interface", "neutron_physical_networks"
    more = [*own, "openvswitch_hw_offload", "neutron_sriov_physnet_mappings"]
    # Kayobe names a bridge after its interface; the hosts' bridges have the model's names
    found["slipway_kolla_host_vars"] = more
    found["kolla_overcloud_inventory_pass_through_host_vars"] = (
        "{{ kolla_overcloud_inventory_pass_through_host_vars_default"
        " | reject('match', 'kolla_neutron_(bridge_names|external_interfaces|physical_networks)$')"
        " | list + slipway_kolla_host_vars"
        " + kolla_overcloud_inventory_pass_through_host_vars_extra }}"
    )
    return found


def _all(desired: Desired) -> list[Mapping[str, Any]]:
    return [*desired["groups"].values(), *desired["hosts"].values()]


def neutron(desired: Desired) -> dict[str, Any]:
    """Types of networks; switches of bare-metal nodes, whose passwords are variables' names."""
    found: dict[str, Any] = {
        "kolla_neutron_ml2_type_drivers": ["flat", "vlan", "vxlan"],
        "kolla_neutron_ml2_tenant_network_types": tenant_types(desired),
    }
    switches = desired["ironic"]["switches"] if desired["ironic"] else {}
    if switches:
        found["kolla_neutron_ml2_generic_switches"] = [
            _switch(name, facts) for name, facts in switches.items()
        ]
    return found


def tenant_types(desired: Desired) -> list[str]:
    """What projects' own networks are made of, first choice first."""
    found = ["vlan"] if desired["neutron"]["tenant_vlans"] else []
    found += ["vxlan"] if desired["roles"]["tunnel"] else []
    return found or ["flat"]


def _switch(name: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "name": name,
        "device_type": facts["device_type"],
        "ip": facts["address"],
        "username": facts["username"],
    }
    if facts["password_variable"]:
        found["password"] = "{{ " + facts["password_variable"] + " }}"
    if facts["key_file"]:
        found["key_file"] = facts["key_file"]
    for key, value in (
        ("ngs_mac_address", facts["mac_address"]),
        ("ngs_trunk_ports", ",".join(facts["trunk_ports"])),
        ("ngs_physical_networks", ",".join(facts["physical_networks"])),
    ):
        if value:
            found[key] = value
    return found


#: Ironic's interfaces that hardware types need beside each other, by kind.
_INTERFACES = {
    "redfish": {
        "bios": ["redfish", "no-bios"], "boot": ["ipxe", "redfish-virtual-media"],
        "console": ["no-console"], "deploy": ["direct"], "inspect": ["redfish", "agent"],
        "management": ["redfish"], "power": ["redfish"], "raid": ["redfish", "agent", "no-raid"],
        "rescue": ["no-rescue"], "storage": ["noop"], "vendor": ["redfish", "no-vendor"],
    },
    "ipmi": {
        "bios": ["no-bios"], "boot": ["ipxe"], "console": ["ipmitool-socat", "no-console"],
        "deploy": ["direct"], "inspect": ["agent"], "management": ["ipmitool"],
        "power": ["ipmitool"], "raid": ["agent", "no-raid"], "rescue": ["no-rescue"],
        "storage": ["noop"], "vendor": ["ipmitool", "no-vendor"],
    },
    "fake-hardware": {
        kind: ["fake"] for kind in (
            "bios", "boot", "console", "deploy", "inspect", "management", "power", "raid",
            "rescue", "storage", "vendor",
        )
    },
}  # fmt: skip


def ironic(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Hardware types of the nodes, and the interfaces that these have."""
    types = facts["hardware_types"]
    found: dict[str, Any] = {"kolla_ironic_enabled_hardware_types": list(types)}
    for kind in _INTERFACES["redfish"]:
        each = [interface for name in types for interface in _INTERFACES[name][kind]]
        found[f"kolla_ironic_enabled_{kind}_interfaces"] = list(dict.fromkeys(each))
    switched = ["neutron"] if facts["switches"] else []
    found["kolla_ironic_enabled_network_interfaces"] = ["noop", "flat", *switched]
    found["kolla_ironic_default_network_interface"] = (switched or ["flat"])[0]
    return found


def inspector(desired: Desired) -> dict[str, Any]:
    """Servers that Ironic does not know are found where a fabric has addresses for them."""
    fabric = desired["fabrics"][desired["roles"]["inspection"]]
    types = [name for name in desired["ironic"]["hardware_types"] if name != "fake-hardware"]
    found: dict[str, Any] = {"inspector_enable_discovery": "inspection" in fabric["ranges"]}
    if types:
        # redfish before ipmi where there are both
        found["inspector_discovery_enroll_node_driver"] = types[-1]
        found["inspector_rules_redfish_enabled"] = "redfish" in types
        found["inspector_rules_ipmi_enabled"] = "ipmi" in types
    return found

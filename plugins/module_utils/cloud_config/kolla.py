"""Kolla-Ansible's own variables, and the options of services that it has no variable for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .kayobe import tenant_types

Desired = Mapping[str, Any]
#: The scheduler's filters in a cloud with VFs: Nova's own, and those that VFs and pinning need.
FILTERS = (
    "ComputeFilter", "ComputeCapabilitiesFilter", "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter", "ServerGroupAffinityFilter",
)  # fmt: skip


def globals_yml(desired: Desired) -> dict[str, Any]:
    """kolla/globals.yml."""
    return {
        "openstack_region_name": desired["region"],
        # Kolla renders it under the name that Nova gave up; device_spec is in nova/<host>/
        "nova_pci_passthrough_whitelist": [],
    }


def overrides(desired: Desired) -> dict[str, dict[str, dict[str, Any]]]:
    """Files below kolla/config/ by path: sections of options."""
    found = {
        "nova.conf": {"pci": {"alias": aliases(desired)}},
        "nova/nova-scheduler.conf": {"filter_scheduler": {"enabled_filters": _filters(desired)}},
        "neutron.conf": {"DEFAULT": _mtu(desired)},
        "neutron/ml2_conf.ini": ml2(desired),
        "neutron/openvswitch_agent.ini": {
            "securitygroup": {"firewall_driver": desired["neutron"]["firewall_driver"]}
        },
    }
    for name, host in desired["hosts"].items():
        found[f"nova/{name}/nova.conf"] = nova(host)
        found[f"neutron/{name}/openvswitch_agent.ini"] = agent(host)
        found[f"neutron/{name}/sriov_agent.ini"] = sriov(host)
    return found


def aliases(desired: Desired) -> list[str]:
    """A name for the VFs of each kind, for flavors that place guests beside their NUMA node."""
    kinds = {
        (spec["vendor_id"], spec["product_id"])
        for host in desired["hosts"].values() for spec in host["device_spec"]
    }  # fmt: skip
    return [
        _json({
            "name": f"vf-{vendor}-{product}", "vendor_id": vendor, "product_id": product,
            "device_type": "type-VF", "numa_policy": "preferred",
        })
        for vendor, product in sorted(kinds)
    ]  # fmt: skip


def _filters(desired: Desired) -> str | None:
    vfs = any(host["device_spec"] for host in desired["hosts"].values())
    more = ["PciPassthroughFilter"] if vfs else []
    more += ["NUMATopologyFilter"] if vfs or desired["nova"]["numa"] else []
    return ",".join([*FILTERS, *more]) if more else None


def nova(host: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Of one host: a line for each PF whose VFs guests get, and its CPUs."""
    return {
        "compute": {
            "cpu_dedicated_set": host["cpu_dedicated_set"],
            "cpu_shared_set": host["cpu_shared_set"],
        },
        "pci": {"device_spec": [_json(spec) for spec in host["device_spec"]]},
    }


def ml2(desired: Desired) -> dict[str, dict[str, Any]]:
    """Physical networks, their VLANs and MTUs, and who binds ports."""
    facts = desired["neutron"]
    # openvswitch first: it binds ports by VF that are offloaded, sriovnicswitch all others by VF
    drivers = ["openvswitch", "sriovnicswitch"]
    drivers += ["l2population"] if desired["roles"]["tunnel"] else []
    if desired["ironic"]:
        drivers += ["baremetal"]
        drivers += ["genericswitch"] if desired["ironic"]["switches"] else []
    return {
        "ml2": {
            "mechanism_drivers": ",".join(drivers),
            # Neutron's new name since 2026.1; Kolla-Ansible still renders the old one
            _of_release(desired, "tenant_network_types", "project_network_types"): ",".join(
                tenant_types(desired)
            ),
            "path_mtu": facts["path_mtu"],
            "physical_network_mtus": _pairs(facts["mtus"]),
        },
        "ml2_type_vlan": {"network_vlan_ranges": ",".join(facts["vlan_ranges"])},
        "ml2_type_flat": {"flat_networks": ",".join(facts["mtus"])},
    }


def _of_release(desired: Desired, old: str, new: str) -> str:
    """The name of an option that was renamed in 2026.1."""
    return new if desired["release"] >= "2026.1" else old


def _mtu(desired: Desired) -> dict[str, Any]:
    """Without it Neutron refuses networks above 1500."""
    most = max(desired["neutron"]["mtus"].values(), default=None)
    return {"global_physnet_mtu": most}


def agent(host: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Of one host: which bridge leads to which physical network."""
    pairs = {bridge["physical_network"]: bridge["bridge"] for bridge in host["bridges"]}
    return {"ovs": {"bridge_mappings": _pairs(pairs) or None}}


def sriov(host: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Of one host with VFs of a NIC in legacy mode."""
    pairs = [f"{wire}:{port}" for wire, ports in host["sriov"].items() for port in ports]
    return {"sriov_nic": {"physical_device_mappings": ",".join(pairs) or None}}


def _pairs(pairs: Mapping[str, Any]) -> str:
    return ",".join(f"{key}:{value}" for key, value in pairs.items())


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value)

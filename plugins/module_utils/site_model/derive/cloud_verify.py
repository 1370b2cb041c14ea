"""What a cloud is proven against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..view import host_view, section
from . import bare_metal, cloud_objects, servers
from .cloud import device_spec


def cloud_verify(
    site_model: Mapping[str, Any], site_hosts: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """``site_model | cloud_verify(hosts)``; *hosts*: ``site_host`` of all compute hosts."""
    projects = cloud_objects.projects(site_model)
    return {
        "hosts": {host["name"]: _vfs(site_model, host) for host in site_hosts},
        "quotas": {name: each["quota"] for name, each in projects.items()},
        "flavors": cloud_objects.flavors(site_model),
        "nodes": {node["name"]: node["state"] for node in bare_metal.cloud_nodes(site_model)},
        "canary": _canary(site_model),
    }


def _vfs(site_model: Mapping[str, Any], host: Mapping[str, Any]) -> dict[str, int]:
    """Physical network → VFs that Nova has there."""
    view = host_view(site_model, host)
    vfs = {port.pci_address: p.vfs for p in view.profiles.values() for port in p.ports}
    found: dict[str, int] = {}
    for entry in device_spec(view):
        wire = entry["physical_network"]
        found[wire] = found.get(wire, 0) + vfs[entry["address"]]
    return found


def _canary(site_model: Mapping[str, Any]) -> dict[str, Any] | None:
    """Like the first set of virtual servers with a VF."""
    flavors = section(site_model, "site_openstack").flavors
    for each in servers.cloud_servers(site_model):
        port = next((port for port in each["ports"] if port["direct"]), None)
        flavor = flavors.get(each["flavor"])
        if port and flavor and flavor.kind == "vm":
            keys = ("project", "flavor", "image")
            network = {"network": port["network"], "switchdev": port["switchdev"]}
            return {key: each[key] for key in keys} | network
    return None

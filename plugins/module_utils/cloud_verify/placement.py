"""What Placement can give: candidates for each flavor, and devices of hosts where it has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cloud.api import Cloud, Thing
from ..cloud.placement import Flavor, candidates, fitting, is_free
from ..cloud_nodes.ironic import Ironic
from ..verify.findings import Findings
from .services import Of, same_host


def flavors(cloud: Cloud, wanted: Mapping[str, Flavor], into: Findings, source: str) -> None:
    """Each can be scheduled; a whole-server flavor on its nodes and on no others."""
    whole = {n: f for n, f in wanted.items() if f.whole}
    nodes = Ironic(cloud).nodes() if whole and cloud.has("baremetal") else []
    for name, flavor in wanted.items():
        look = f"openstack allocation candidate list; openstack flavor show {name}"
        found = candidates(cloud, flavor)
        if name not in whole:
            into.check(f"flavor: {name}", bool(found), "a host has room for it",
                       f"{len(found)} have" if found else "none has",
                       source=source, step="cloud:flavors", look=look)  # fmt: skip
            continue
        mine = fitting(nodes, flavor)
        free = {uuid for uuid, node in mine.items() if is_free(node)}
        if mine and not free:
            into.skip(f"flavor: {name}", f"none of its {len(mine)} nodes is free")
            continue
        named = {node["uuid"]: node["name"] or node["uuid"] for node in nodes}
        into.check(
            f"flavor: {name}", bool(free) and found == free,
            sorted(named[uuid] for uuid in free) or "nodes of its class with its traits",
            sorted(named.get(uuid, uuid) for uuid in found),
            source=source, step="cloud:flavors",
            look=f"{look}; nova-compute's log (it takes over nodes once a minute)",
        )  # fmt: skip


def direct_ports(cloud: Cloud) -> list[Thing]:
    """Ports by VF; Neutron does not filter by this."""
    found = cloud.list("network", "/ports", "ports")
    return [port for port in found if port.get("binding:vnic_type") == "direct"]


def virtual_functions(
    cloud: Cloud, hosts: Mapping[str, Mapping[str, int]], of: Of, source: str
) -> None:
    """VFs of each host: those in use by ports, and all where Placement has them."""
    if not hosts:
        return
    ports = direct_ports(cloud)
    networks = {
        n["id"]: n.get("provider:physical_network")
        for n in cloud.list("network", "/networks", "networks")
    }
    providers = cloud.list("placement", "/resource_providers", "resource_providers")
    for host, wires in hosts.items():
        mine = [p for p in ports if same_host(p.get("binding:host_id") or "", host)]
        slots = {(p.get("binding:profile") or {}).get("pci_slot") for p in mine} - {None}
        for wire, total in wires.items():
            used = sum(networks.get(p["network_id"]) == wire for p in mine)
            of(host).check(
                f"VFs: {wire}", used <= total, f"{total} by the model",
                f"{used} in use" + (", none is free" if used == total else ""), source=source,
                step="cloud:vfs", look=f"[pci] device_spec of nova-compute on {host}",
            )  # fmt: skip
        of(host).check(
            "VFs: each port has one of its own", len(slots) == len(mine), len(mine), len(slots),
            source=source, step="cloud:vfs", look="openstack port list --long",
        )  # fmt: skip
        _reported(cloud, host, sum(wires.values()), providers, of(host), source)


def _reported(
    cloud: Cloud, host: str, total: int, providers: list[Thing], into: Findings, source: str
) -> None:
    roots = [p for p in providers if not p.get("parent_provider_uuid")]
    root = next((p for p in roots if same_host(p["name"], host)), None)
    if root is None:
        into.check("Placement: knows the host", False, "a resource provider", "none", source=source,
                   step="cloud:vfs", look=f"nova-compute's log on {host}")  # fmt: skip
        return
    devices = 0
    for each in providers:
        if each["root_provider_uuid"] == root["uuid"] and each["uuid"] != root["uuid"]:
            path = f"/resource_providers/{each['uuid']}/inventories"
            inventory: dict[str, Any] = cloud.call("placement", "GET", path)["inventories"]
            devices += sum(v["total"] for k, v in inventory.items() if k.startswith("CUSTOM_PCI_"))
    if devices:
        into.check("Placement: VFs", devices == total, total, devices, source=source,
                   step="cloud:vfs", look="[pci] device_spec, report_in_placement")  # fmt: skip
    else:
        into.skip("Placement: VFs", "Nova keeps VFs of networks to itself; the canary takes one")

"""Bare-metal nodes as ``cloud_nodes`` takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..sections.bare_metal import Node
from ..view import section


def cloud_nodes(site_model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``site_model | cloud_nodes``. A bond is all ports, with the MAC address of the first one."""
    nodes = section(site_model, "site_openstack").nodes
    return [_node(name, node) for name, node in nodes.items()]


def _node(name: str, node: Node) -> dict[str, Any]:
    address = {f"{node.driver}_address": node.address} if node.address else {}
    bond = node.port_group
    group = bond and {
        "name": f"{name}-bond",
        "address": node.ports[0].mac_address.lower() if node.ports else None,
        "mode": bond.mode,
        "properties": {
            "miimon": bond.miimon, "xmit_hash_policy": bond.transmit_hash_policy,
        },
    }  # fmt: skip
    return {
        "name": name,
        "driver": node.driver,
        "driver_info": {**address, **node.driver_info},
        "resource_class": node.resource_class,
        "traits": list(node.traits),
        "properties": dict(node.properties),
        "extra": dict(node.extra),
        "interfaces": dict(node.interfaces),
        "ports": [
            {
                "address": port.mac_address.lower(),
                "pxe_enabled": port.pxe,
                "physical_network": port.physical_network,
                "local_link_connection": port.link.model_dump() if port.link else {},
                "grouped": bond is not None,
            }
            for port in node.ports
        ],
        "port_group": group,
        "bios": dict(node.bios),
        "raid": dict(node.raid),
        "inspect": node.inspect,
        "state": node.provision_state,
    }

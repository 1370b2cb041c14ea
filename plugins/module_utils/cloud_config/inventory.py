"""Kayobe's inventory: hosts, groups, and what hosts of a group have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .names import GROUP_OF, group, link, network, tree
from .text import HEAD

Desired = Mapping[str, Any]


def hosts_text(desired: Desired) -> str:
    """inventory/hosts: each host in the group of its own."""
    lines = ["localhost ansible_connection=local"]
    for name, facts in desired["groups"].items():
        lines += ["", f"[{group(name, facts['purpose'])}]", *facts["hosts"]]
    return HEAD + "\n".join(lines) + "\n"


def groups_text(desired: Desired) -> str:
    """inventory/groups: Kayobe's own groups, the site's groups within."""
    below = tree(desired["release"])
    if any(facts["purpose"] == "network" for facts in desired["groups"].values()):
        below["network"] = []  # else controllers are the network's hosts
    for name, facts in desired["groups"].items():
        own, above = group(name, facts["purpose"]), GROUP_OF[facts["purpose"]]
        if own != above:
            below[above].append(own)
            below[own] = []
    blocks = []
    for name, inner in below.items():
        blocks.append("\n".join([f"[{name}:children]", *inner]) if inner else f"[{name}]")
    return HEAD + "\n" + "\n\n".join(blocks) + "\n"


def group_variables(desired: Desired, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a host of a group has: interfaces by network, bonds, bridges, offload."""
    networks = {network(fabric): name for fabric, name in facts["interfaces"].items()}
    bonds = {link(bond["name"]): bond for bond in facts["bonds"]}
    found: dict[str, Any] = {"network_interfaces": [*networks, *bonds]}
    found.update({f"{name}_interface": interface for name, interface in networks.items()})
    route = facts["default_route"]
    if desired["fabrics"][route]["gateway"]:
        found[f"{network(route)}_gateway"] = desired["fabrics"][route]["gateway"]
    for name, bond in bonds.items():
        found.update(_bond(name, bond, desired["bond_owner"] == "kayobe"))
    bridges = facts["bridges"]
    if bridges:
        inside = {bridge["interface"] for bridge in bridges}
        found["slipway_external_networks"] = [n for n, b in bonds.items() if b["name"] in inside]
        found["neutron_bridge_name"] = _all(bridges, "bridge")
        found["neutron_external_interface"] = _all(bridges, "interface")
        found["neutron_physical_networks"] = _all(bridges, "physical_network")
    found["openvswitch_hw_offload"] = facts["hw_offload"]
    if facts["sriov"]:
        # Kolla's variable has one port for each; sriov_agent.ini has all
        mappings = {wire: ports[0] for wire, ports in facts["sriov"].items()}
        found["neutron_sriov_physnet_mappings"] = mappings
    return found


def _bond(name: str, bond: Mapping[str, Any], by_kayobe: bool) -> dict[str, Any]:
    """A network without addresses that stands for the bond; what it is made of for its owner."""
    found = {"interface": bond["name"], "mtu": bond["mtu"]}
    if bond["physical_network"]:
        found["physical_network"] = bond["physical_network"]
    if by_kayobe:
        found["bond_slaves"] = bond["ports"]
        found["bond_mode"] = bond["mode"]
        found["bond_miimon"] = bond["miimon"]
        if bond["mode"] in ("802.3ad", "balance-xor"):
            found["bond_xmit_hash_policy"] = bond["transmit_hash_policy"]
        if bond["mode"] == "802.3ad":
            found["bond_lacp_rate"] = bond["lacp_rate"]
    return {f"{name}_{key}": value for key, value in found.items()}


def host_variables(desired: Desired, host: Mapping[str, Any]) -> dict[str, Any]:
    """Where a host differs from its group."""
    usual = group_variables(desired, desired["groups"][host["group"]])
    own = group_variables(desired, host)
    found = {key: value for key, value in own.items() if usual.get(key) != value}
    # a variable of the group that the host must not have
    found.update({key: None for key in usual if key not in own})
    return found


def allocation(desired: Desired) -> dict[str, dict[str, str]]:
    """network-allocation.yml: the hosts' addresses by network."""
    found: dict[str, dict[str, str]] = {}
    for name, host in desired["hosts"].items():
        for fabric, address in host["addresses"].items():
            found.setdefault(f"{network(fabric)}_ips", {})[name] = address
    return found


def _all(bridges: list[Mapping[str, str]], key: str) -> str:
    return ",".join(bridge[key] for bridge in bridges)

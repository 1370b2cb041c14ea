"""What verify expects of a host, and of the path to its peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..sections.nics import NicProfile
from ..view import HostView
from .datapath import lag_port_select_mode, networks, nic, openvswitch
from .rdma import roce_links


def evidence(profile: NicProfile) -> str:
    """What figures measured on this NIC are: hardware, emulation or stand-in."""
    if profile.evidence is not None:
        return profile.evidence
    return "stand-in" if profile.driver == "netdevsim" else "hardware"


def host_verify(view: HostView, peers: Sequence[HostView] = ()) -> dict[str, Any]:
    """Expectations for a host and, for each peer, the networks that both are on.

    ``speed``: Mbit/s of all members together, None where the model does not say.
    """
    own = _networks(view)
    return {
        "host": view.name,
        "nics": [_nic(name, profile) for name, profile in view.profiles.items()],
        "networks": list(own.values()),
        "openvswitch": openvswitch(view),
        "peers": [_peer(own, peer) for peer in peers if peer.name != view.name],
    }


def _nic(name: str, profile: NicProfile) -> dict[str, Any]:
    return {**nic(name, profile), "speed": _speed(profile), "evidence": evidence(profile)}


def _speed(profile: NicProfile) -> int | None:
    return profile.speed * len(profile.ports) if profile.speed else None


def _bond(profile: NicProfile) -> dict[str, Any]:
    """What decides which members carry a flow."""
    return {
        "mode": profile.bond.mode,
        "transmit_hash_policy": profile.bond.transmit_hash_policy,
        "lag_port_select_mode": lag_port_select_mode(profile),
    }


def _networks(view: HostView) -> dict[str, dict[str, Any]]:
    links = {link["netdev"]: link for link in roce_links(view)}
    profiles = {profile.bond.name: profile for profile in view.profiles.values()}
    found = {}
    for network in networks(view):
        profile = profiles[network["link"]]
        link = links.get(network["interface"])
        source = evidence(profile)
        found[network["name"]] = {
            "name": network["name"],
            "link": network["link"],
            "interface": network["interface"],
            "mtu": network["mtu"],
            "address": network["addresses"][0].partition("/")[0] if network["addresses"] else None,
            "speed": _speed(profile),
            "bond": _bond(profile),
            "evidence": source,
            "rdma": link,
            "rdma_evidence": _rdma_evidence(link, source),
            "lossless": view.fabrics[network["name"]].lossless,
        }
    return found


def _rdma_evidence(link: Mapping[str, Any] | None, source: str) -> str | None:
    """Soft-RoCE is emulation even on a real NIC."""
    if link and link["kind"] == "rxe" and source == "hardware":
        return "emulation"
    return source if link else None


def _peer(own: Mapping[str, dict[str, Any]], peer: HostView) -> dict[str, Any]:
    """A peer and the networks that both ends have an address on."""
    shared = []
    for name, other in _networks(peer).items():
        mine = own.get(name)
        if mine and mine["address"] and other["address"]:
            speeds = [s for s in (mine["speed"], other["speed"]) if s]
            shared.append(
                {
                    **mine,
                    "peer_interface": other["interface"],
                    "peer_address": other["address"],
                    "peer_rdma": other["rdma"],
                    "peer_bond": other["bond"],
                    "mtu": min(mine["mtu"], other["mtu"]),
                    "speed": min(speeds) if len(speeds) == 2 else None,
                }
            )
    return {"name": peer.name, "address": peer.address, "networks": shared}

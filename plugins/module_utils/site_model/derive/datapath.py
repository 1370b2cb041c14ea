"""The desired datapath of a host: NICs, bond, VFs, eswitch, networks, Open vSwitch."""

from __future__ import annotations

import ipaddress
from typing import Any

from ..problems import ModelError, Problem, suggest
from ..sections.fabrics import Fabric
from ..sections.nics import NicProfile, Port
from ..view import HostView
from .addresses import host_address
from .names import vlan_interface


def host_datapath(view: HostView) -> dict[str, Any]:
    """What role host_datapath takes (docs/design/overview.md has the shape)."""
    kayobe = view.bond_owner == "kayobe"
    return {
        "host": view.name,
        "network_manager": "kayobe" if kayobe else view.group.network_manager,
        "nics": [nic(name, profile) for name, profile in view.profiles.items()],
        # VLANs and addresses are then Kayobe's as well
        "networks": [] if kayobe else networks(view),
        "management": {**management(view), "managed": view.group.management.managed and not kayobe},
        "openvswitch": openvswitch(view),
        "gate_units": list(view.group.gate_units),
        "confirm_timeout": view.group.confirm_timeout,
    }


def nic(name: str, profile: NicProfile) -> dict[str, Any]:
    """One NIC profile with everything that driver and eswitch mode imply filled in."""
    return {
        "name": name,
        "driver": profile.driver,
        "ports": [_port(port) for port in profile.ports],
        "mtu": profile.mtu,
        "vfs": profile.vfs,
        "vf_driver": profile.vf_driver,
        "eswitch_mode": profile.eswitch_mode,
        "representor_pattern": profile.representor_pattern,
        "lag_port_select_mode": lag_port_select_mode(profile),
        "flow_steering_mode": _flow_steering_mode(profile),
        "hw_tc_offload": hw_tc_offload(profile),
        "firmware": firmware(profile),
        "bond": profile.bond.model_dump(),
    }


def _port(port: Port) -> dict[str, Any]:
    if port.pci_address is not None:
        return {"name": port.name, "pci_address": port.pci_address}
    return {"name": port.name, "device": port.device, "port": port.port}


def _vf_lag(profile: NicProfile) -> bool:
    return profile.driver == "mlx5_core" and profile.eswitch_mode == "switchdev"


def lag_port_select_mode(profile: NicProfile) -> str | None:
    """hash, queue_affinity, or None where the driver has no such choice."""
    if profile.driver != "mlx5_core":
        return None
    return profile.offload.lag_port_select_mode or ("hash" if _vf_lag(profile) else None)


def _flow_steering_mode(profile: NicProfile) -> str | None:
    if profile.driver != "mlx5_core":
        return None
    return profile.offload.flow_steering_mode or ("smfs" if _vf_lag(profile) else None)


def hw_tc_offload(profile: NicProfile) -> bool:
    """Whether tc flower goes to the NIC; follows the eswitch mode unless set."""
    if profile.offload.hw_tc_offload is not None:
        return profile.offload.hw_tc_offload
    return profile.eswitch_mode == "switchdev"


def firmware(profile: NicProfile) -> dict[str, str]:
    """mlx5's firmware settings: those that follow, then the profile's own."""
    if profile.driver != "mlx5_core":
        return dict(profile.firmware)
    settings = {}
    if profile.vfs:
        settings = {"SRIOV_EN": "1", "NUM_OF_VFS": str(profile.vfs)}
    if lag_port_select_mode(profile) is not None:
        hashed = lag_port_select_mode(profile) == "hash"
        settings["LAG_RESOURCE_ALLOCATION"] = "1" if hashed else "0"
    return {**settings, **profile.firmware}


def networks(view: HostView) -> list[dict[str, Any]]:
    """The host's own interfaces on fabrics, in the group's order."""
    found = []
    for name, use in view.group.fabrics.items():
        fabric = view.fabrics[name]
        path = ("site_host_groups", view.group_name, "fabrics", name, "link")
        link = view.link_of(name)
        if link is None or view.profile_of(link) is None:
            bonds = [profile.bond.name for profile in view.profiles.values()]
            message = f"no NIC profile of the group has the bond {link!r}"
            if link is None:
                message = f"it is open which of {len(bonds)} bonds carries the fabric"
            raise ModelError([Problem("unknown-link", path, message, suggest(link or "", bonds))])
        address = host_address(fabric, view.index, ("site_fabrics", name, "ranges", "hosts"))
        found.append(
            {
                "name": name,
                "link": link,
                "vlan": fabric.vlan,
                "interface": vlan_interface(link, fabric.vlan),
                "mtu": fabric.mtu,
                "addresses": [address] if address else [],
                "routes": _routes(fabric, use.default_route),
            }
        )
    return found


def _routes(fabric: Fabric, default: bool) -> list[dict[str, str]]:
    routes = [{"to": route.to, "via": route.via} for route in fabric.routes]
    if default and fabric.gateway:
        routes.append({"to": _everywhere(fabric.gateway), "via": fabric.gateway})
    return routes


def _everywhere(gateway: str) -> str:
    return "0.0.0.0/0" if ipaddress.ip_address(gateway).version == 4 else "::/0"


def management(view: HostView) -> dict[str, Any]:
    """The management interface; its gateway unless another fabric has the default route."""
    own = view.group.management
    fabric = view.fabrics[own.fabric]
    prefix = ipaddress.ip_network(fabric.subnet).prefixlen if fabric.subnet else None
    elsewhere = any(use.default_route for use in view.group.fabrics.values())
    known = view.address and prefix is not None
    return {
        "interface": own.interface,
        "mac_address": own.mac_address,
        "pci_address": own.pci_address,
        "addresses": [f"{view.address}/{prefix}"] if known else [],
        "gateway": None if elsewhere else fabric.gateway,
        "managed": own.managed,
    }


def openvswitch(view: HostView) -> dict[str, Any] | None:
    """Open vSwitch's settings and bridges; None where the host has none."""
    own = view.group.openvswitch
    if own is None:
        return None
    inside = [view.profile_of(port) for bridge in own.bridges.values() for port in bridge.ports]
    nics = [profile for profile in inside if profile]
    offload = nics[0].offload if nics else None
    return {
        "runtime": own.runtime,
        "hw_offload": any(hw_tc_offload(profile) for profile in nics),
        "tc_policy": offload.tc_policy if offload else "none",
        "max_idle": offload.max_idle if offload else 10000,
        "bridges": [
            {
                "name": name,
                "ports": list(bridge.ports),
                "representors": bridge.representors,
                "mtu": bridge.mtu or _bridge_mtu(view, bridge.ports),
            }
            for name, bridge in own.bridges.items()
        ],
    }


def _bridge_mtu(view: HostView, ports: list[str]) -> int:
    mtus = [profile.mtu for profile in map(view.profile_of, ports) if profile]
    return min(mtus, default=1500)

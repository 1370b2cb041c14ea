"""A server beside what the model says: what can be changed in place, and what needs a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..cloud.api import Thing
from .api import GUEST, IMAGE, changeable, port_body
from .guest import cloud_config, fingerprint
from .spec import ServerSpec, SetSpec


def user_data(server: ServerSpec, ports: Sequence[Thing]) -> str:
    """Of a server whose ports are there."""
    shown = []
    for spec, port in zip(server.set.ports, ports, strict=True):
        each = {"name": spec.interface, "mac": port["mac_address"], "mtu": spec.mtu}
        if spec.prefix and port.get("fixed_ips"):
            address = f"{port['fixed_ips'][0]['ip_address']}/{spec.prefix}"
            each |= {"address": address, "gateway": spec.gateway, "dns": list(spec.dns)}
        shown.append(each)
    return cloud_config(server.set.keys, shown)


def own_ports(server: ServerSpec, ports: Mapping[str, Thing]) -> list[Thing | None]:
    """Its ports in the model's order; None for one that is not there. *ports*: by name."""
    return [ports.get(server.port_name(place)) for place in range(len(server.set.ports))]


def anew(
    server: ServerSpec, seen: Thing, ports: Sequence[Thing | None], ids: Mapping[str, Any],
    members: Sequence[str],
) -> dict[str, tuple[Any, Any]]:  # fmt: skip
    """What only a new server brings: what → (is, wanted). *members*: of the set's server group."""
    spec, made = server.set, seen.get("metadata") or {}
    found: dict[str, tuple[Any, Any]] = {}
    flavor = seen["flavor"].get("original_name")
    if flavor != spec.flavor:
        found["flavor"] = (flavor, spec.flavor)
    image = made.get(IMAGE)
    if image != ids["images"].get(spec.image):
        found["image"] = (image, ids["images"].get(spec.image, spec.image))
    if spec.group and seen["id"] not in members:
        found["server group"] = (None, spec.group)
    for place, port in enumerate(ports):
        if wrong := wrong_port(server, place, port, seen["id"], ids):
            found[f"port {server.port_name(place)}"] = wrong
    if all(ports):
        wanted = fingerprint(user_data(server, [port for port in ports if port]))
        if made.get(GUEST) != wanted:
            found["cloud-init"] = (made.get(GUEST), wanted)
    return found


def wrong_port(
    server: ServerSpec, place: int, port: Thing | None, owner: str, ids: Mapping[str, Any]
) -> tuple[Any, Any] | None:
    """(is, wanted) where the port cannot stay; *owner*: the server's UUID, "" for none."""
    wanted = port_body(server.set.ports[place], ids["networks"], [])
    fixed = [key for key in ("network_id", "binding:vnic_type", "binding:profile") if key in wanted]
    want = {key: wanted[key] for key in fixed}
    if port is None:
        return None, want
    capabilities = (port.get("binding:profile") or {}).get("capabilities", [])
    has: Thing = {key: port.get(key) for key in fixed}
    if "binding:profile" in has:
        has["binding:profile"] = {"capabilities": capabilities}
    if has != want:
        return has, want
    if port["device_id"] not in ("", owner):
        return f"is of server {port['device_id']}", "of this server"
    if owner and not port["device_id"]:
        return "not plugged in", "plugged in"
    return None


def port_changes(spec: SetSpec, place: int, port: Thing, groups: list[str]) -> Thing:
    """What differs and can be changed while the server runs."""
    wanted = changeable(spec.ports[place], groups)
    changes: Thing = {}
    for key, value in wanted.items():
        if key == "allowed_address_pairs":
            has = sorted(pair["ip_address"] for pair in port.get(key) or [])
            same = has == sorted(pair["ip_address"] for pair in value)
        elif key == "security_groups":
            same = sorted(port.get(key) or []) == sorted(value)
        else:
            same = port.get(key) == value
        if not same:
            changes[key] = value
    return changes

"""Ports and the port group of a node: what is to be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..cloud.api import Thing
from ..cloud.marks import KEY
from .edits import Edit, Seen, patch_of
from .ironic import Ironic
from .spec import GroupSpec, NodeSpec, PortSpec

#: Attribute of a port → how the diff calls it.
_WORDS = {
    "pxe_enabled": "pxe", "physical_network": "physical network",
    "local_link_connection": "link", "group": "port group", "extra": "mark",
}  # fmt: skip


def plug_edits(spec: NodeSpec, seen: Seen, site: str) -> list[Edit]:
    """Port groups first, as ports name them; what is removed comes last.

    A port group has one physical network. Where that changes, it is made anew.
    """
    node = seen.node["uuid"]
    groups = {each["name"]: each for each in seen.groups}
    names = {each["uuid"]: each["name"] for each in seen.groups}
    own = groups.get(spec.group.name) if spec.group else None
    anew = own is not None and _moves(spec, seen, own)
    found: list[Edit] = []
    if anew and own:
        found += [_detached(port, own) for port in seen.ports if _in(port, own)]
        found.append(_gone("portgroups", f"port group {own['name']}", own, "made anew"))
        names.pop(own["uuid"])
        gone, own = own["uuid"], None
        seen = replace(seen, ports=[
            {**port, "portgroup_uuid": None} if port["portgroup_uuid"] == gone else port
            for port in seen.ports
        ])  # fmt: skip
    if spec.group:
        found += _group(spec.group, own, node, site)
    at = {port["address"].lower(): port for port in seen.ports}
    for want in spec.ports:
        group = spec.group.name if spec.group and want.grouped else None
        port = at.pop(want.address, None)
        found += _port(want, group, port, names, node, site)
    found += [
        _gone("ports", f"port {port['address']}", port)
        for port in at.values() if port["extra"].get(KEY) == site
    ]  # fmt: skip
    found += [
        _gone("portgroups", f"port group {name}", each)
        for name, each in groups.items()
        if each["extra"].get(KEY) == site and not (spec.group and name == spec.group.name)
    ]
    return found


def strange_plugs(spec: NodeSpec, seen: Seen, site: str) -> list[str]:
    """Ports and port groups on the node that neither the model nor the kit's mark knows."""
    known = {port.address for port in spec.ports}
    ports = [
        f"port {port['address']}" for port in seen.ports
        if port["extra"].get(KEY) != site and port["address"].lower() not in known
    ]  # fmt: skip
    mine = spec.group.name if spec.group else None
    return ports + [
        f"port group {each['name'] or each['uuid']}" for each in seen.groups
        if each["extra"].get(KEY) != site and each["name"] != mine
    ]  # fmt: skip


def _moves(spec: NodeSpec, seen: Seen, group: Thing) -> bool:
    """Whether a member gets another physical network."""
    wanted = {port.address: port.physical_network for port in spec.ports}
    members = [port for port in seen.ports if _in(port, group)]
    has = {port["physical_network"] for port in members}
    staying = {wanted.get(port["address"].lower(), port["physical_network"]) for port in members}
    joining = {port.physical_network for port in spec.ports if port.grouped}
    return bool(members) and bool((staying | joining) - has)


def _in(port: Thing, group: Thing) -> bool:
    return bool(port["portgroup_uuid"] == group["uuid"])


def _group(want: GroupSpec, has: Thing | None, node: str, site: str) -> list[Edit]:
    wanted = {"address": want.address, "mode": want.mode, "properties": dict(want.properties)}
    what = f"port group {want.name}"
    if has is None:
        body = {"node_uuid": node, "name": want.name, **wanted, "extra": {KEY: site}}

        def create(ironic: Ironic, groups: dict[str, str]) -> None:
            made = ironic.create("portgroups", body, lambda: _named(ironic, node, want.name))
            groups[want.name] = made["uuid"]

        return [Edit(what, None, wanted, create, unplugged=True)]
    shown = {
        "address": (has["address"] or "").lower() or None,
        "mode": has["mode"],
        "properties": dict(has["properties"] or {}),
    }
    wrong = [key for key in wanted if shown[key] != wanted[key]]
    patch = patch_of(shown, wanted) + patch_of(has["extra"], {KEY: site}, "/extra")
    if not patch:
        return []
    uuid = has["uuid"]
    return [
        Edit(what, {k: shown[k] for k in wrong}, {k: wanted[k] for k in wrong} or "mark",
             lambda ironic, _: ironic.patch("portgroups", uuid, patch), in_use=True)
    ]  # fmt: skip


def _port(
    want: PortSpec, group: str | None, has: Thing | None, names: Mapping[str, str | None],
    node: str, site: str,
) -> list[Edit]:  # fmt: skip
    wanted: dict[str, Any] = {
        "pxe_enabled": want.pxe_enabled, "physical_network": want.physical_network,
        "local_link_connection": dict(want.link),
    }  # fmt: skip
    what = f"port {want.address}"
    if has is None:
        body = {"node_uuid": node, "address": want.address, **wanted, "extra": {KEY: site}}

        def create(ironic: Ironic, groups: dict[str, str]) -> None:
            member = {"portgroup_uuid": groups[group]} if group else {}
            ironic.create("ports", {**body, **member}, lambda: _at(ironic, node, want.address))

        shown = {_WORDS[key]: value for key, value in wanted.items()}
        return [Edit(what, None, {**shown, "port group": group}, create, unplugged=True)]
    is_in = names.get(has["portgroup_uuid"])
    wrong = [key for key in wanted if has[key] != wanted[key]]
    marked = has["extra"].get(KEY) == site
    if not wrong and is_in == group and marked:
        return []

    def change(ironic: Ironic, groups: dict[str, str]) -> None:
        patch = patch_of(has, wanted) + patch_of(has["extra"], {KEY: site}, "/extra")
        if patch:
            ironic.patch("ports", has["uuid"], patch)
        if is_in != group:
            # by itself: Ironic sees it in a patch's first operation only, and says nothing
            member = {"portgroup_uuid": groups[group] if group else None}
            ironic.patch("ports", has["uuid"], patch_of(has, member))

    before: dict[str, Any] = {_WORDS[key]: has[key] for key in wrong}
    after: dict[str, Any] = {_WORDS[key]: wanted[key] for key in wrong}
    if is_in != group:
        before["port group"], after["port group"] = is_in, group
    plugged = bool(wrong) or is_in != group
    return [Edit(what, before, after or "mark", change, in_use=not plugged, unplugged=plugged)]


def _detached(port: Thing, group: Thing) -> Edit:
    patch = [{"op": "remove", "path": "/portgroup_uuid"}]
    return Edit(
        f"port {port['address']}", {"port group": group["name"]}, {"port group": None},
        lambda ironic, _: ironic.patch("ports", port["uuid"], patch), unplugged=True,
    )  # fmt: skip


def _gone(kind: str, what: str, thing: Thing, after: str | None = None) -> Edit:
    uuid = thing["uuid"]
    return Edit(what, "there", after, lambda ironic, _: ironic.delete(kind, uuid), unplugged=True)


def _named(ironic: Ironic, node: str, name: str) -> Thing | None:
    return next((each for each in ironic.groups(node) if each["name"] == name), None)


def _at(ironic: Ironic, node: str, address: str) -> Thing | None:
    return next((each for each in ironic.ports(node) if each["address"].lower() == address), None)

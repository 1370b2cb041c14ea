"""A node beside what the model says: what is to be changed, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cloud.api import Thing
from ..cloud.marks import KEY
from . import marks
from .edits import Do, Edit, Seen, patch_of, same
from .plugs import plug_edits
from .spec import NodeSpec


def edits(spec: NodeSpec, seen: Seen, site: str) -> list[Edit]:
    """All that differs but the node's state, BIOS and RAID, in the order in which it is done."""
    node = seen.node
    found = _fields(spec, node) + _maps(spec, node, site)
    has = sorted(node["traits"])
    if tuple(has) != spec.traits:
        wanted, uuid = list(spec.traits), node["uuid"]
        found.append(
            Edit("traits", has, wanted, lambda ironic, _: ironic.set_traits(uuid, wanted), True)
        )
    return found + plug_edits(spec, seen, site)


def _fields(spec: NodeSpec, node: Thing) -> list[Edit]:
    wanted = {"driver": spec.driver, "resource_class": spec.resource_class, **spec.interfaces}
    wrong = {key: value for key, value in wanted.items() if node.get(key) != value}
    patch, uuid = patch_of(node, wrong), node["uuid"]
    # interfaces of the old driver may be none of the new one's
    reset = "driver" in wrong
    return _together(
        [Edit(key, node.get(key), value) for key, value in wrong.items()],
        lambda ironic, _: ironic.patch("nodes", uuid, patch, reset_interfaces=reset),
    )


def _maps(spec: NodeSpec, node: Thing, site: str) -> list[Edit]:
    """driver_info, properties and extra: keys of the model; others' keys stay."""
    wrote = marks.wrote(node["extra"])
    writes = {**marks.to_write(spec), **_kept(spec, wrote)}
    patch: list[Thing] = []
    found: list[Edit] = []
    for field in marks.SHARED:
        has = node.get(field) or {}
        values = dict.fromkeys(set(wrote.get(field, ())) & set(has))  # None: no longer in the model
        values |= getattr(spec, field)
        if field == "driver_info":
            values |= spec.user
        patch += patch_of(has, values, f"/{field}")
        found += [
            Edit(f"{field}.{key}", has.get(key), value, in_use=True)
            for key, value in sorted(values.items()) if not same(has.get(key), value)
        ]  # fmt: skip
    if spec.secrets and wrote.get("credentials") != writes["credentials"]:
        before = "(hidden)" if "credentials" in wrote else None
        found.append(Edit("credentials", before, "(hidden, as given)", in_use=True))
        patch += patch_of({}, spec.secrets, "/driver_info")
    own = {KEY: site, marks.WROTE: writes}
    if own_patch := patch_of(node["extra"], own, "/extra"):
        patch += own_patch
        if not found:
            found.append(Edit("mark", None, "made by the kit", in_use=True))
    uuid = node["uuid"]
    return _together(found, lambda ironic, _: ironic.patch("nodes", uuid, patch))


def _kept(spec: NodeSpec, wrote: Mapping[str, Any]) -> dict[str, Any]:
    """What other steps wrote; a run without credentials leaves those of an earlier one."""
    kept = {"raid": spec.raid, "credentials": not spec.secrets}
    return {key: wrote[key] for key, stays in kept.items() if stays and key in wrote}


def _together(found: list[Edit], do: Do) -> list[Edit]:
    """The first one does them all, in one request."""
    if found:
        one = found[0]
        found[0] = Edit(one.what, one.before, one.after, do, one.in_use)
    return found


def needs_bios(spec: NodeSpec, seen: Seen) -> dict[str, tuple[str | None, str]]:
    """Settings that differ: name → (is, wanted)."""
    return {
        key: (seen.bios.get(key), value)
        for key, value in spec.bios.items()
        if seen.bios.get(key) != value
    }


def needs_raid(spec: NodeSpec, node: Thing) -> bool:
    """Whether clean steps have to configure it, which loses what is on its disks."""
    if not spec.raid:
        return False
    if dict(node.get("target_raid_config") or {}) != dict(spec.raid):
        return True
    if marks.wrote(node["extra"]).get("raid") == marks.raid(spec.raid):
        return False
    return not _built(spec.raid, node.get("raid_config") or {})


def _built(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether the controller already has such logical disks, as it says itself."""
    rest = list(found.get("logical_disks", ()))
    for disk in wanted.get("logical_disks", ()):
        known = {k: disk[k] for k in ("raid_level", "size_gb") if disk.get(k) not in (None, "MAX")}
        like = [each for each in rest if known.items() <= each.items()]
        if not like:
            return False
        rest.remove(like[0])
    return not rest


def clean_steps(spec: NodeSpec, seen: Seen) -> list[Thing]:
    """Manual clean steps for what of BIOS and RAID differs."""
    steps: list[Thing] = []
    if wrong := needs_bios(spec, seen):
        settings = [{"name": key, "value": value} for key, (_, value) in wrong.items()]
        steps.append(
            {"interface": "bios", "step": "apply_configuration", "args": {"settings": settings}}
        )
    if needs_raid(spec, seen.node):
        steps += [
            {"interface": "raid", "step": f"{what}_configuration"} for what in ("delete", "create")
        ]
    return steps


def new_node(spec: NodeSpec, site: str) -> Thing:
    """The body that enrolls it."""
    return {
        "name": spec.name, "driver": spec.driver, "resource_class": spec.resource_class,
        "driver_info": {**spec.driver_info, **spec.user, **spec.secrets},
        "properties": dict(spec.properties), **spec.interfaces,
        "extra": {**spec.extra, KEY: site, marks.WROTE: marks.to_write(spec)},
    }  # fmt: skip


def announced(spec: NodeSpec) -> dict[str, Any]:
    """What check mode shows of a node that is not there; never a secret."""
    shown: dict[str, Any] = {
        "driver": spec.driver, "resource_class": spec.resource_class,
        "traits": list(spec.traits), "properties": dict(spec.properties),
        "driver_info": {**spec.driver_info, **spec.user}, "extra": dict(spec.extra),
        "interfaces": dict(spec.interfaces), "bios": dict(spec.bios), "raid": dict(spec.raid),
        "ports": [port.address for port in spec.ports],
        "port group": spec.group and f"{spec.group.name}, {spec.group.mode}, "
        + ", ".join(f"{k}={v}" for k, v in spec.group.properties.items()),
        "credentials": "(hidden)" if spec.secrets else None, "state": spec.state,
    }  # fmt: skip
    return {key: value for key, value in shown.items() if value not in (None, [], {})}

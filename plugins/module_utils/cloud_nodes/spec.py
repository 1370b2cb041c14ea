"""The nodes as the model wants them, checked; errors name the key."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError

__all__ = ["GroupSpec", "NodeSpec", "NodesSpec", "PortSpec", "SpecError"]

#: What Ironic hides in its answers; only from credentials, never from the model.
SECRET = ("password", "secret", "token", "auth_key", "priv_key")


@dataclass(frozen=True)
class PortSpec:
    """A network port. link: Ironic's local_link_connection. grouped: member of the port group."""

    address: str
    pxe_enabled: bool
    physical_network: str | None
    link: Mapping[str, Any]
    grouped: bool


@dataclass(frozen=True)
class GroupSpec:
    """A port group. properties: Ironic's (miimon in ms, xmit_hash_policy).

    A guest's cloud-init has them as they are here: it wants numbers as numbers.
    """

    name: str
    address: str | None
    mode: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class NodeSpec:
    """One node. Beside the model's driver_info: user (shown), secrets (hidden by Ironic and us)."""

    name: str
    driver: str
    driver_info: Mapping[str, Any]
    user: Mapping[str, str]
    secrets: Mapping[str, str]
    resource_class: str
    traits: tuple[str, ...]
    properties: Mapping[str, Any]
    extra: Mapping[str, Any]
    interfaces: Mapping[str, str]
    ports: tuple[PortSpec, ...]
    group: GroupSpec | None
    bios: Mapping[str, str]
    raid: Mapping[str, Any]
    inspect: bool
    state: str

    def __repr__(self) -> str:
        return f"NodeSpec({self.name})"


@dataclass(frozen=True)
class NodesSpec:
    """All nodes of the site."""

    nodes: tuple[NodeSpec, ...]

    @classmethod
    def parse(cls, data: Any, credentials: Mapping[str, Any]) -> NodesSpec:
        """From ``[{name, driver, …}]`` and ``{NODE or "default": {username, password, …}}``.

        Raises SpecError, which never has a credential in it.
        """
        nodes = tuple(_node(r, credentials) for r in Reader({"nodes": data}, "").objects("nodes"))
        known = {node.name for node in nodes}
        if len(known) < len(nodes):
            names = sorted(node.name for node in nodes)
            twice = next(a for a, b in itertools.pairwise(names) if a == b)
            raise SpecError(f"nodes: {twice} is named twice")
        strangers = sorted(set(credentials) - known - {"default"})
        if strangers:
            raise SpecError(f"credentials: {strangers[0]} is no node of the model")
        return cls(nodes)


def _node(r: Reader, credentials: Mapping[str, Any]) -> NodeSpec:
    name, driver = r.text("name"), r.text("driver")
    info = _plain(r, "driver_info")
    for key in info:
        if any(word in key.lower() for word in SECRET):
            raise SpecError(
                f"nodes: {name}: driver_info.{key} is a secret: "
                "it belongs in cloud_nodes_credentials"
            )
    user, hidden = _credentials(name, driver, credentials.get(name, credentials.get("default")))
    ports = tuple(_port(each) for each in r.objects("ports"))
    group = r.object("port_group")
    node = NodeSpec(
        name, driver, info, user, hidden, r.text("resource_class"),
        tuple(sorted(set(r.texts("traits")))), _plain(r, "properties"), _plain(r, "extra"),
        {f"{k}_interface": v for k, v in r.settings("interfaces").items()}, ports,
        _group(group) if group else None, r.settings("bios"), _plain(r, "raid"),
        r.flag("inspect", False), r.text("state", "available", ("manageable", "available")),
    )  # fmt: skip
    r.end()
    own = [key for key in node.extra if key.startswith("slipway")]
    if own:
        raise SpecError(f"nodes: {name}: extra.{own[0]} is the kit's own; take another name")
    return node


def _credentials(name: str, driver: str, given: Any) -> tuple[dict[str, str], dict[str, str]]:
    """What Ironic shows and what it hides; username and password have the driver's names."""
    if given is None:
        return {}, {}
    where = f"credentials of node {name}"
    if not isinstance(given, Mapping) or not all(isinstance(v, str) for v in given.values()):
        raise SpecError(f"{where}: must be texts by key, such as username and password")
    prefix = driver.partition("-")[0]
    short = {each: f"{prefix}_{each}" for each in ("username", "password")}
    full = {short.get(key, key): value for key, value in given.items()}
    hidden = {k: v for k, v in full.items() if any(word in k.lower() for word in SECRET)}
    return {k: v for k, v in full.items() if k not in hidden}, hidden


def _plain(r: Reader, name: str) -> dict[str, Any]:
    found = r.object(name)
    return dict(found.value) if found else {}


def _port(r: Reader) -> PortSpec:
    found = PortSpec(
        r.mac_address("address").lower(), r.flag("pxe_enabled", False),
        r.optional("physical_network"), _plain(r, "local_link_connection"),
        r.flag("grouped", False),
    )  # fmt: skip
    r.end()
    return found


def _group(r: Reader) -> GroupSpec:
    address = r.mac_address("address").lower() or None
    found = GroupSpec(r.text("name"), address, r.text("mode"), _plain(r, "properties"))
    r.end()
    return found

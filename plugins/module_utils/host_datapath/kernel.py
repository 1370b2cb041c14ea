"""What the kernel says through ip, devlink and ethtool, one process each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..system import System
from .drivers import driver
from .drivers.base import REPRESENTOR, Facts
from .spec import Nic


def read_links(system: System) -> dict[str, Facts]:
    """Every interface: name → facts, from one ``ip``. Addresses as "10.0.0.1/24"."""
    output = system.run("ip", "-json", "-details", "address", "show", check=False)
    if output.status:
        return {}
    return {link["ifname"]: _link(link) for link in json.loads(output.stdout or "[]")}


def _link(link: dict[str, Any]) -> Facts:
    info = link.get("linkinfo") or {}
    return {
        "kind": info.get("info_kind"),
        "parent": link.get("parentdev"),
        "phys_port_name": link.get("phys_port_name"),
        "phys_switch_id": link.get("phys_switch_id"),
        "mac": link.get("permaddr") or link.get("address"),
        "address": link.get("address"),
        "mtu": link.get("mtu"),
        "up": "UP" in link.get("flags", ()),
        "carrier": "LOWER_UP" in link.get("flags", ()),
        "master": link.get("master"),
        "lower": link.get("link"),
        "vlan": (info.get("info_data") or {}).get("id")
        if info.get("info_kind") == "vlan"
        else None,
        "addresses": [
            f"{a['local']}/{a['prefixlen']}"
            for a in link.get("addr_info", ())
            if a.get("scope") == "global" and "local" in a
        ],
        "vf_macs": {
            str(vf["vf"]): vf.get("address") or vf.get("mac") for vf in link.get("vfinfo_list", ())
        },
    }


def read_params(system: System, handles: list[str]) -> dict[str, Facts]:
    """Devlink handle → its eswitch's modes and its runtime parameters."""
    batch = "".join(f"dev eswitch show {handle}\n" for handle in handles) + "dev param show\n"
    # -f: a device without an eswitch must not hide the others
    output = system.run("devlink", "-j", "-f", "-b", "-", check=False, stdin=batch)
    facts: dict[str, Facts] = {handle: {} for handle in handles}
    for document in documents(output.stdout):
        for handle, values in (document.get("dev") or {}).items():
            facts.setdefault(handle, {}).update(values)
        for handle, params in (document.get("param") or {}).items():
            for param in params:
                for value in param.get("values", ()):
                    if value.get("cmode") == "runtime":
                        facts.setdefault(handle, {})[param["name"]] = value.get("value")
    return facts


def documents(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of a devlink batch: one after another, commas between some."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        if text[at] in ", \n\t":
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            return
        yield value


def read_offload(system: System) -> dict[str, str]:
    """Interface → hw-tc-offload as ethtool says it: "on", "off", "off [fixed]"."""
    output = system.run("ethtool", "-k", "*", check=False)
    found, interface = {}, ""
    for line in output.stdout.splitlines():
        if line.startswith("Features for "):
            interface = line[len("Features for ") :].rstrip(":")
        elif line.strip().startswith("hw-tc-offload:"):
            found[interface] = line.partition(":")[2].strip()
    return found


def representors(nic: Nic, links: dict[str, Facts], offload: dict[str, str]) -> dict[str, Facts]:
    drv = driver(nic.driver)
    owners = {drv.parent(p): p.name for p in reversed(nic.ports)}
    found = {}
    for name, link in links.items():
        match = REPRESENTOR.search(link["phys_port_name"] or "")
        if match and link["parent"] in owners and link["phys_switch_id"]:
            found[name] = {
                "port": owners[link["parent"]],
                "vf": int(match.group(1)),
                "up": link["up"],
                "mtu": link["mtu"],
                "hw_tc_offload": offload.get(name),
            }
    return found

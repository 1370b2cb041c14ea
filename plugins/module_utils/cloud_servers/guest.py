"""What cloud-init does in a guest: keys, and ports by name with their MTU.

A port without a name is configured by the image from the config drive, and so is the bond of a
whole server: Ironic describes it there. Ports with a name are netplan's from the second boot on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

_NETPLAN = "/etc/netplan/60-slipway.yaml"
_OFF = "/etc/cloud/cloud.cfg.d/99-slipway-network.cfg"


def cloud_config(keys: Sequence[str], ports: Sequence[Mapping[str, Any]]) -> str:
    """The user data; *ports*: ``{name, mac, mtu}``, name "" as the image has it.

    JSON is YAML, and always the same bytes.
    """
    config: dict[str, Any] = {}
    if keys:
        config["ssh_authorized_keys"] = list(keys)
    if any(port["name"] for port in ports):
        files = {_NETPLAN: _netplan(ports), _OFF: "network: {config: disabled}\n"}
        config["write_files"] = [
            {"path": path, "permissions": "0600", "content": text} for path, text in files.items()
        ]
        config["runcmd"] = [
            ["rm", "-f", "/etc/netplan/50-cloud-init.yaml",
             "/etc/network/interfaces.d/50-cloud-init"],
        ]  # fmt: skip
        # a name in use cannot be changed: udev gives it at the next boot
        config["power_state"] = {"mode": "reboot", "message": "ports get their names"}
    return "#cloud-config\n" + json.dumps(config, indent=1, sort_keys=True) + "\n"


def _netplan(ports: Sequence[Mapping[str, Any]]) -> str:
    ethernets = {}
    for place, port in enumerate(ports):
        name = port["name"] or f"port{place}"
        each: dict[str, Any] = {
            "match": {"macaddress": port["mac"]}, "set-name": name, "mtu": port["mtu"],
            "dhcp4": True,
        }  # fmt: skip
        if place:  # the way out is by the first
            each["dhcp4-overrides"] = {"use-routes": False}
        ethernets[name] = each
    return json.dumps({"network": {"version": 2, "ethernets": ethernets}}, sort_keys=True) + "\n"


def fingerprint(text: str) -> str:
    """Of user data, kept in a server's metadata."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]

"""What cloud-init does in a guest: keys, and ports by name with their MTU.

Where no port has a name the image configures them from the config drive, and so it does the bond of
a whole server: Ironic describes it there. Else all are netplan's, from the second boot on; those
without a name keep the one that udev gives.
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

    Further keys of a port where Neutron gives no addresses: ``address`` with its prefix,
    ``gateway``, ``dns``. JSON is YAML, and always the same bytes.
    """
    config: dict[str, Any] = {}
    if keys:
        config["ssh_authorized_keys"] = list(keys)
    if any(port["name"] for port in ports):
        config["write_files"] = [
            {"path": _NETPLAN, "permissions": "0600", "content": _netplan(ports)},
            {"path": _OFF, "permissions": "0644", "content": "network: {config: disabled}\n"},
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
        each: dict[str, Any] = {"match": {"macaddress": port["mac"]}, "mtu": port["mtu"]}
        if port["name"]:
            each["set-name"] = port["name"]
        if port.get("address"):
            each["addresses"] = [port["address"]]
            if port.get("dns"):
                each["nameservers"] = {"addresses": port["dns"]}
            if port.get("gateway") and not place:
                each["routes"] = [{"to": "default", "via": port["gateway"]}]
        else:
            each["dhcp4"] = True
            if place:  # the way out is by the first
                each["dhcp4-overrides"] = {"use-routes": False}
        ethernets[port["name"] or f"port{place}"] = each
    return json.dumps({"network": {"version": 2, "ethernets": ethernets}}, sort_keys=True) + "\n"


def fingerprint(text: str) -> str:
    """Of user data, kept in a server's metadata."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]

"""Quotas of a project, which three services keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cloud.api import Cloud, Thing

#: Service → what the model calls it → what the service does.
KEYS = {
    "compute": {k: k for k in ("instances", "cores", "ram", "server_groups", "key_pairs")},
    "network": {
        "networks": "network", "subnets": "subnet", "ports": "port", "routers": "router",
        "floating_ips": "floatingip", "security_groups": "security_group",
        "security_group_rules": "security_group_rule",
    },
    "block-storage": {k: k for k in ("volumes", "gigabytes", "snapshots")},
}  # fmt: skip
_SET = {
    "compute": "/os-quota-sets/{}",
    "network": "/quotas/{}",
    "block-storage": "/os-quota-sets/{}",
}


def services(quota: Mapping[str, Any]) -> list[str]:
    """Services that keep something of the quota."""
    return [service for service, keys in KEYS.items() if keys.keys() & quota.keys()]


def _body(service: str) -> str:
    return "quota" if service == "network" else "quota_set"


def read(cloud: Cloud, project_id: str, quota: Mapping[str, Any]) -> Thing:
    """What is set of the quota's keys, by the model's names."""
    found: Thing = {}
    for service in services(quota):
        answer = cloud.call(service, "GET", _SET[service].format(project_id))[_body(service)]
        found |= {name: answer[key] for name, key in KEYS[service].items() if name in quota}
    return found


def write(cloud: Cloud, project_id: str, quota: Mapping[str, Any]) -> None:
    """Set these keys, no others."""
    for service in services(quota):
        values = {key: quota[name] for name, key in KEYS[service].items() if name in quota}
        cloud.change(service, "PUT", _SET[service].format(project_id), {_body(service): values})

"""Variants of the lab's site model, as extra variables that replace whole sections."""

from __future__ import annotations

import copy
from typing import Any

import yaml

from .controller import CHECKOUT

GROUP = "lab_hosts"


def sections() -> dict[str, Any]:
    """The lab's model as the operator wrote it."""
    found: dict[str, Any] = {}
    for path in sorted((CHECKOUT / "inventories/lab/group_vars/all").glob("*.yml")):
        found |= yaml.safe_load(path.read_text()) or {}
    return found


def profile_of(model: dict[str, Any]) -> dict[str, Any]:
    """The NIC profile of the lab's hosts; a change to it changes *model*."""
    name = model["site_host_groups"][GROUP]["nic_profiles"][0]
    return model["site_nic_profiles"][name]


def nic(mtu: int = 9000, **changes: Any) -> dict[str, Any]:
    """The model with keys of the hosts' NIC profile changed; ``bond`` is merged.

    *mtu* holds for the NIC and the fabrics over it.
    """
    model = copy.deepcopy(sections())
    profile = profile_of(model)
    profile.setdefault("bond", {}).update(changes.pop("bond", {}))
    profile.update(changes, mtu=mtu)
    for fabric in model["site_host_groups"][GROUP]["fabrics"]:
        model["site_fabrics"][fabric]["mtu"] = mtu
    return {key: model[key] for key in ("site_nic_profiles", "site_fabrics")}


def management_cut(confirm_timeout: int) -> dict[str, Any]:
    """A slip of the pen: a /29 for a /24, and the host has no way back to the controller."""
    model = copy.deepcopy(sections())
    group = model["site_host_groups"][GROUP]
    group["confirm_timeout"] = confirm_timeout
    group["management"]["managed"] = True
    fabric = group["management"]["fabric"]
    model["site_fabrics"][fabric]["subnet"] = "192.168.77.8/29"
    return {
        "site_host_groups": model["site_host_groups"],
        "site_fabrics": model["site_fabrics"],
    }

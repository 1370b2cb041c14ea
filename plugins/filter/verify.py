"""Filters of the verify layer; the work is in module_utils/verify."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ansible.module_utils

_HERE = str(Path(__file__).resolve().parents[1] / "module_utils")
if _HERE not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_HERE)

from ansible.module_utils.verify.pairing import plan  # noqa: E402


def sessions(
    hosts: Sequence[str],
    host: str,
    groups: Mapping[str, Any],
    host_groups: Mapping[str, Any],
    nic_profiles: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """``hosts of the play | verify_sessions(HOST, groups, site_host_groups, site_nic_profiles)``.

    Hosts whose NICs are all stand-ins carry no traffic and get no session.
    """
    known = {
        name: [str(member) for member in groups.get(name, ())]
        for name, group in host_groups.items()
        if any(_carries(nic_profiles.get(profile)) for profile in group.get("nic_profiles") or ())
    }
    return plan([str(name) for name in hosts], known, str(host))


def _carries(profile: Mapping[str, Any] | None) -> bool:
    profile = profile or {}
    stand_in = profile.get("driver") == "netdevsim" and not profile.get("evidence")
    return not stand_in and profile.get("evidence") != "stand-in"


class FilterModule:
    """The filters by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"verify_sessions": sessions}

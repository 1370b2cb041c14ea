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
    hosts: Sequence[str], host: str, groups: Mapping[str, Any], of: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """``hosts of the play | verify_sessions(inventory_hostname, groups, site_host_groups)``."""
    mine = {name: [str(member) for member in groups.get(name, ())] for name in of}
    return plan([str(name) for name in hosts], mine, str(host))


class FilterModule:
    """The filters by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"verify_sessions": sessions}

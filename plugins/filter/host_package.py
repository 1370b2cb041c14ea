"""The engine that hosts run, as one file on the controller.

``"" | host_package`` builds it into a cache folder and returns its path.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path

import ansible.module_utils
from ansible.errors import AnsibleFilterError

_HERE = str(Path(__file__).resolve().parents[1] / "module_utils")
if _HERE not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_HERE)

from ansible.module_utils.host_datapath.package import build_into  # noqa: E402


@functools.cache
def host_package(folder: str = "") -> str:
    """Path of the zipapp in *folder*; empty: the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    target = Path(folder or f"{cache}/slipway/packages").expanduser()
    try:
        return build_into(str(target))
    except OSError as error:
        raise AnsibleFilterError(f"host_package: cannot write to {target}: {error}") from None


class FilterModule:
    """The filter by name."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"host_package": host_package}

"""The host's own network manager: who writes bonds, VLANs and addresses, and makes them effective."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ...system import System
    from ..spec import Spec


class NetworkManager(Protocol):
    """One network manager (networkd, netplan, NetworkManager)."""

    name: str

    def render(self, spec: Spec) -> dict[str, str]:
        """The kit's files: absolute path → text. Pure."""
        ...

    def owned(self, system: System) -> list[str]:
        """The kit's files that are on the host now, those no longer rendered included."""
        ...

    def activate(self, system: System, spec: Spec, changed: Sequence[str]) -> None:
        """Make what runs equal to the files, which are already written.

        *changed*: the paths written or removed just now. Empty: the files are as they
        were, but what runs drifted (a lost member, address, VLAN or MTU); bring it back.
        """
        ...


def network_manager(name: str) -> NetworkManager:
    """The manager called *name* in the model. Only its own file is imported."""
    module = importlib.import_module(f".{name}", __name__)
    return module.MANAGER

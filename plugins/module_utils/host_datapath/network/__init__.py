"""The host's own network manager: bonds, VLANs and addresses are its files, which it makes run."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ...system import System
    from ..spec import Spec


class NetworkManager(Protocol):
    """One network manager (networkd, netplan, NetworkManager), or Kayobe in its place.

    makes_bonds: false where somebody else makes the bonds, before the engine or after it.
    """

    name: str
    makes_bonds: bool

    def render(self, spec: Spec) -> dict[str, str]:
        """The kit's files: absolute path → text. Pure."""
        ...

    def mode(self, path: str) -> int:
        """The permissions that the manager wants on a rendered file."""
        ...

    def owned(self, system: System) -> list[str]:
        """The kit's files that are on the host now, those no longer rendered included.

        Other managers' kit files too: a host is on one manager only.
        """
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

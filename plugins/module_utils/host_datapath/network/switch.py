"""From one network manager to another: the old one lets go of what the kit gave it."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from . import files, live

if TYPE_CHECKING:
    from ...system import System
    from ..spec import Spec


def release_others(system: System, name: str, spec: Spec, changed: Iterable[str]) -> None:
    """Where files of managers other than *name* were removed: reload those, drop their interfaces.

    The interfaces are made anew by manager *name*; two managers on one bond undo each other.
    """
    gone = [path for path in changed if not system.exists(path)]
    others = files.managers_of(gone) - {name}
    if name == "netplan":
        # its drop-in and networkd's files end at the same daemon, which adopts its own bonds
        others.discard("networkd")
    if not others:
        return
    for other in sorted(others):
        importlib.import_module(f".{other}", __package__).reload(system)
    names = [i.name for i in live.wanted(spec) if i.kind in ("bond", "vlan")]
    live.delete(system, names, live.links(system))

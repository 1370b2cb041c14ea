"""Kayobe makes the host's network: the kit writes no file of it.

The kit only puts a port back into the bond that it took out for a change of its eswitch.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import bond
from . import files

if TYPE_CHECKING:
    from ...system import System
    from ..spec import Nic, Spec

REMEDY = "Kayobe's to make: `kayobe overcloud host configure --tags network`"


class Kayobe:
    """No files; bonds, VLANs and addresses are there when Kayobe has run."""

    name = "kayobe"
    makes_bonds = False

    def mode(self, path: str) -> int:
        return 0o644

    def render(self, spec: Spec) -> dict[str, str]:
        return {}

    def owned(self, system: System) -> list[str]:
        return files.owned(system)

    def activate(self, system: System, spec: Spec, changed: Sequence[str]) -> None:
        """RuntimeError for what only Kayobe can put right."""
        gone = [path for path in changed if not system.exists(path)]
        for other in sorted(files.managers_of(gone)):
            # the interfaces stay: Kayobe's own files say the same of them
            importlib.import_module(f".{other}", __package__).reload(system)
        for nic in spec.nics:
            _enslave(system, nic)


def _enslave(system: System, nic: Nic) -> None:
    name, now = nic.bond.name, bond.read(system, nic.bond.name)
    if now is None:
        raise RuntimeError(f"{name} is not there. It is {REMEDY}")
    wrong = bond.wrong_options(nic, now)
    if wrong:
        raise RuntimeError(f"{name} has other {', '.join(sorted(wrong))}. It is {REMEDY}")
    lost = [port.name for port in nic.ports if port.name not in now["members"]]
    batch = "".join(
        f"link set dev {port} down\nlink set dev {port} master {name}\nlink set dev {port} up\n"
        for port in lost
    )
    if batch:
        system.run("ip", "-batch", "-", stdin=batch)


MANAGER = Kayobe()

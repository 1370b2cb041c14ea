"""What belongs to one driver, a file each, behind the small interface of ``base.Driver``."""

from __future__ import annotations

from .base import Driver
from .igb import Igb
from .mlx5 import Mlx5
from .netdevsim import Netdevsim

_DRIVERS: dict[str, Driver] = {d.name: d for d in (Mlx5(), Igb(), Netdevsim())}


def driver(name: str) -> Driver:
    """The driver called *name*; spec.py has refused all others."""
    return _DRIVERS[name]

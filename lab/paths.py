"""Where a lab keeps its things, and the names that must be unique on a machine."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

CHECKOUT = Path(__file__).resolve().parent.parent


def cache_root() -> Path:
    """Images, saved states and keys, shared by all checkouts of one user."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "slipway"


@dataclass(frozen=True)
class Paths:
    """All paths of one lab instance of one checkout."""

    checkout: Path
    instance: str

    @classmethod
    def of(cls, instance: str | None = None, checkout: Path = CHECKOUT) -> "Paths":
        """Paths of the named instance, else of the one in SLIPWAY_LAB."""
        name = instance or os.environ.get("SLIPWAY_LAB") or "default"
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", name):
            raise LabError(
                f"lab instance {name!r}: use lower-case letters, digits and hyphens "
                "(at most 63) in SLIPWAY_LAB"
            )
        return cls(checkout, name)

    @property
    def tag(self) -> str:
        """Short hash: two checkouts may both have an instance called default."""
        return hashlib.sha256(f"{self.checkout}\0{self.instance}".encode()).hexdigest()[:6]

    @property
    def netns(self) -> str:
        return f"slipway-{self.tag}"

    @property
    def netns_file(self) -> Path:
        return Path("/run/netns") / self.netns

    @property
    def home(self) -> Path:
        return self.checkout / ".lab" / self.instance

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def ssh_config(self) -> Path:
        return self.home / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        return self.home / "known_hosts"

    @property
    def sockets(self) -> Path:
        """Unix sockets: their paths may have 107 bytes only, so not in the checkout."""
        return Path("/run/slipway") / self.tag

    def machine(self, name: str) -> Path:
        return self.home / "machines" / name

    def make(self) -> None:
        """Create the instance's directories."""
        for directory in (self.home, self.logs, self.sockets):
            directory.mkdir(parents=True, exist_ok=True)

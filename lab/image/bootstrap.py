"""A Debian root file system as a directory tree."""

from pathlib import Path

from lab import hostpackages
from lab.command import logged
from lab.image import packages


def bootstrap(
    tree: Path,
    include: list[str],
    log: Path,
    *options: str,
    variant: str = "minbase",
    backports: bool = False,
) -> None:
    """Make the tree with mmdebstrap, from the mirror that this machine uses.

    variant  minbase: a small system; extract: the packages' files and no system.
    """
    mirror = hostpackages.debian_mirror()
    sources = [mirror]
    if backports:
        suites = (packages.RELEASE, packages.BACKPORTS)
        sources = [f"deb {mirror} {suite} main" for suite in suites]
    logged(
        ["mmdebstrap", "--mode=root", f"--variant={variant}", "--format=directory"]
        + [f"--aptopt={option}" for option in packages.APT_OPTIONS]
        + [f"--dpkgopt={option}" for option in packages.DPKG_OPTIONS]
        + [f"--include={','.join(include)}", *options]
        + [packages.RELEASE, tree, *sources],
        log,
    )

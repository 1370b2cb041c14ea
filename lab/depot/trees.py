"""Layers of Debian packages, for images whose programs need libraries."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lab.command import logged
from lab.image.bootstrap import bootstrap
from lab.locks import lock
from lab.paths import cache_root
from lab.progress import phase

#: Not needed to run anything.
DROPPED = (
    "dev", "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info",
    "var/lib/apt", "var/cache", "etc/apt",
)  # fmt: skip


def ensure(packages: Sequence[str]) -> Path:
    """A tar of the packages and what they depend on, unpacked; no script of theirs has run."""
    digest = hashlib.sha256(repr(sorted(packages)).encode() + Path(__file__).read_bytes())
    layer = cache_root() / "depot" / f"tree-{digest.hexdigest()[:16]}.tar"
    with lock(cache_root() / "depot.lock", "a layer of packages is being made"):
        if not layer.exists():
            build(packages, layer)
    os.utime(layer)
    return layer


def build(packages: Sequence[str], layer: Path) -> None:
    log = cache_root() / "depot-tree.log"
    log.unlink(missing_ok=True)
    layer.parent.mkdir(parents=True, exist_ok=True)
    with (
        phase(f"layer of {', '.join(packages)}"),
        tempfile.TemporaryDirectory(dir=layer.parent, prefix=".tree-") as scratch,
    ):
        work = Path(scratch)
        work.chmod(0o755)  # apt's own user must reach the tree
        tree, partial = work / "root", work / "layer.tar"
        bootstrap(tree, ["base-files", *packages], log, variant="extract")
        for folder in DROPPED:
            shutil.rmtree(tree / folder, ignore_errors=True)
        (tree / "tmp").mkdir(mode=0o1777, exist_ok=True)
        logged(
            [
                "tar",
                "-C",
                tree,
                "--numeric-owner",
                "--sort=name",
                "--mtime=@0",
                "-cf",
                partial,
                ".",
            ],
            log,
        )
        partial.rename(layer)

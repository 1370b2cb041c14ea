"""The cache does not grow for ever: what nobody used for two weeks goes."""

import shutil
import time

from lab.command import attempt
from lab.node.podman import podman
from lab.paths import cache_root
from lab.progress import say

UNUSED_SECONDS = 14 * 24 * 3600


def forget_unused() -> None:
    """Remove images, saved states and programs that were not used for two weeks."""
    before = time.time() - UNUSED_SECONDS
    patterns = ("image/*", "states/*/*", "depot/*", "cloud/*")
    for entry in (entry for pattern in patterns for entry in cache_root().glob(pattern)):
        if entry.is_dir() and entry.stat().st_mtime < before:
            say(f"removing {entry}: not used for two weeks")
            shutil.rmtree(entry, ignore_errors=True)


def remove() -> None:
    """Remove images, saved states, programs and keys of this user."""
    for name in ("image", "states", "depot", "cloud", "keys"):
        shutil.rmtree(cache_root() / name, ignore_errors=True)
    if shutil.which("podman"):
        attempt(podman("image", "prune", "--all", "--force"))

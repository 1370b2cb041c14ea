"""Podman with a storage of the lab's own: nothing that a person keeps in theirs is touched."""

from pathlib import Path

from lab.paths import cache_root

RUN = Path("/run/slipway/containers")


def podman(*arguments: str | Path) -> list[str]:
    """The command. crun refuses machines with both kinds of cgroups; runc takes them."""
    return [
        "podman", "--root", str(cache_root() / "containers"), "--runroot", str(RUN),
        "--runtime", "runc", "--cgroup-manager", "cgroupfs", *map(str, arguments),
    ]  # fmt: skip

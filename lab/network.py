"""The instance's network namespace: management bridge, and taps for the machines.

All traffic of the lab stays inside it; the root namespace gets nothing.
"""

import itertools
import os

from lab.command import attempt, capture
from lab.machine import CONTROLLER, Machine
from lab.node.node import SITES
from lab.paths import Paths

BRIDGE = "management"
DATA_MTU = 9000


def inside(paths: Paths, argv: list[str]) -> list[str]:
    """The command, run in the instance's network namespace."""
    return ["nsenter", f"--net={paths.netns_file}", *argv]


def exists(paths: Paths) -> bool:
    """A name in /run/netns may be left over from before a reboot and name nothing."""
    return attempt(inside(paths, ["true"])).returncode == 0


def up(paths: Paths) -> None:
    """Make the namespace with the controller's address, unless it is there."""
    if exists(paths):
        return
    paths.netns_file.unlink(missing_ok=True)
    capture(["ip", "netns", "add", paths.netns])
    batch(
        paths,
        "link set lo up",
        f"link add {BRIDGE} type bridge",
        f"addr add {CONTROLLER}/24 dev {BRIDGE}",
        f"link set {BRIDGE} up",
    )


def site_bridge(site: str) -> str:
    """The bridge that is a site's management network; alpha's is the lab's own."""
    return BRIDGE if site == "alpha" else site


def add_site(paths: Paths, site: str, gateway: str) -> None:
    """A site's management network, and the way to the others, unless they are there."""
    bridge = site_bridge(site)
    if bridge in interfaces(paths):
        return
    batch(
        paths,
        f"link add {bridge} type bridge",
        f"addr add {gateway}/24 dev {bridge}",
        f"link set {bridge} up",
    )
    capture(inside(paths, ["sysctl", "-qw", "net.ipv4.ip_forward=1"]))


def cut(paths: Paths, *, apart: bool) -> None:
    """Between the sites' networks nothing passes, or all does again."""
    networks = [f"{prefix}.0/24" for prefix in SITES.values()]
    for one, other in itertools.permutations(networks, 2):
        rule = ["rule", "delete", "from", one, "to", other, "blackhole"]
        attempt(["ip", "-n", paths.netns, *rule])
        if apart:
            batch(paths, f"rule add from {one} to {other} blackhole")


def down(paths: Paths) -> None:
    """Remove the namespace and all that is in it."""
    attempt(["ip", "netns", "delete", paths.netns])
    paths.netns_file.unlink(missing_ok=True)


def add_taps(paths: Paths, machine: Machine) -> None:
    """Make the machine's taps, unless they are there."""
    present = interfaces(paths)
    for tap in (machine.management_tap, *machine.port_taps):
        if tap in present:
            continue
        batch(paths, f"tuntap add dev {tap} mode tap")
        if tap == machine.management_tap:
            batch(paths, f"link set {tap} master {BRIDGE} up")
        else:
            batch(paths, f"link set {tap} mtu {DATA_MTU} up")


def interfaces(paths: Paths) -> set[str]:
    """Names of the namespace's interfaces."""
    listing = capture(["ip", "-n", paths.netns, "-o", "link", "show"])
    return {row.split(": ")[1].split("@")[0] for row in listing.splitlines()}


def batch(paths: Paths, *lines: str) -> None:
    capture(["ip", "-n", paths.netns, "-batch", "-"], stdin="\n".join(lines) + "\n")


def processes(paths: Paths) -> list[int]:
    """Every process in the namespace."""
    try:
        ours = paths.netns_file.stat().st_ino
    except OSError:
        return []
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if os.stat(f"/proc/{entry.name}/ns/net").st_ino == ours:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found

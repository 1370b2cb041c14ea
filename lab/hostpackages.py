"""What the lab needs from the machine's own distribution."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lab.command import attempt, capture, logged
from lab.errors import LabError
from lab.locks import lock
from lab.paths import cache_root
from lab.progress import say

COMMANDS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "ovs-vswitchd": "openvswitch-switch",
    "socat": "socat",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "mkfs.ext4": "e2fsprogs",
    "nsenter": "util-linux",
}
#: For node containers and what runs on them.
NODE_COMMANDS = {"podman": "podman", "runc": "runc", "busybox": "busybox-static"}
#: For the cloud's services (Nova writes config drives), and to build the one without a wheel.
CLOUD_COMMANDS = {
    "mariadbd": "mariadb-server",
    "rabbitmq-server": "rabbitmq-server",
    "epmd": "erlang-base",
    "memcached": "memcached",
    "haproxy": "haproxy",
    "openssl": "openssl",
    "genisoimage": "genisoimage",
    "gcc": "gcc",
    "python3-config": "python3-dev",
    "ovs-vswitchd": "openvswitch-switch",
    "ip": "iproute2",
    "nsenter": "util-linux",
}
ALL = COMMANDS | NODE_COMMANDS
QEMU_AT_LEAST = 10
BACKPORTS = Path("/etc/apt/sources.list.d/slipway-backports.sources")


def ensure(commands: Mapping[str, str] = COMMANDS) -> None:
    """Install what is missing; an error says what to do where that cannot work."""
    if not Path("/dev/net/tun").exists():
        raise LabError("/dev/net/tun is missing: load the kernel's tun module (modprobe tun)")
    if not missing(commands):
        return
    with lock(cache_root() / "packages.lock", "packages are being installed"):
        wanted = missing(commands)
        if wanted:
            install(wanted)
    left = missing(commands)
    if left:
        raise LabError(f"still missing after the installation: {', '.join(left)}")


def missing(commands: Mapping[str, str]) -> list[str]:
    """Packages whose command is absent, or too old in QEMU's case."""
    wanted = [package for command, package in commands.items() if not found(command)]
    qemu = "qemu-system-x86"
    if qemu in commands.values() and qemu not in wanted and qemu_major() < QEMU_AT_LEAST:
        wanted += ["qemu-system-x86", "qemu-utils"]
    return sorted(set(wanted))


def found(command: str) -> bool:
    return shutil.which(command, path="/usr/sbin:/usr/bin:/sbin:/bin") is not None


def qemu_version() -> str:
    """QEMU's first version line: part of every saved state's key."""
    return capture(["qemu-system-x86_64", "--version"]).splitlines()[0]


def qemu_major() -> int:
    return int(qemu_version().split("version ")[1].split(".")[0])


def install(packages: list[str]) -> None:
    """Install with apt, starting no service; QEMU from backports on Debian 12."""
    release = os_release()
    if release.get("ID") != "debian" or release.get("VERSION_ID") not in ("12", "13"):
        raise LabError(
            f"this machine has {release.get('PRETTY_NAME', 'an unknown system')}; the lab installs "
            f"packages on Debian 12 and 13 only. Install by hand: {' '.join(packages)} "
            f"(QEMU {QEMU_AT_LEAST} or newer)"
        )
    log = cache_root() / "packages.log"
    say(f"installing {' '.join(packages)}")
    backports: list[str] = []
    if release["VERSION_ID"] == "12":
        backports = [package for package in packages if package.startswith("qemu")]
        if backports:
            add_backports()
    with no_services() as env:
        apt(["update"], log, env)
        plain = [package for package in packages if package not in backports]
        if plain:
            apt(["install", "--no-install-recommends", *plain], log, env)
        if backports:
            apt(
                ["install", "--no-install-recommends", "-t", "bookworm-backports", *backports],
                log,
                env,
            )


def apt(arguments: list[str], log: Path, env: dict[str, str]) -> None:
    logged(["apt-get", "-y", "-q", "-o", "DPkg::Lock::Timeout=600", *arguments], log, env=env)


@contextmanager
def no_services() -> Iterator[dict[str, str]]:
    """Packages start their services unless policy-rc.d forbids it; the lab runs its own."""
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        yield {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    finally:
        if ours:
            policy.unlink(missing_ok=True)


def add_backports() -> None:
    """Add bookworm-backports at the mirror that the machine already uses for bookworm."""
    if attempt(["apt-cache", "policy"]).stdout.count("a=bookworm-backports"):
        return
    uri = debian_mirror()
    BACKPORTS.write_text(
        f"Types: deb\nURIs: {uri}\nSuites: bookworm-backports\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    )


def debian_mirror() -> str:
    """The address of the Debian archive as apt on this machine has it."""
    listing = capture(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(LABEL)", "Created-By: Packages"]
    )
    for row in listing.splitlines():
        uri, _, label = row.partition(" ")
        if label == "Debian":
            return uri
    raise LabError("apt has no Debian archive configured: add one to /etc/apt/sources.list.d")


def os_release() -> dict[str, str]:
    """/etc/os-release as a mapping."""
    pairs = (row.partition("=") for row in Path("/etc/os-release").read_text().splitlines())
    return {key: value.strip('"') for key, _, value in pairs if key}

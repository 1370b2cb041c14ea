"""The image of node containers: a bare Debian server, as the virtual machines' image is."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from lab.command import attempt, logged
from lab.image.bootstrap import bootstrap
from lab.locks import lock
from lab.node.podman import podman
from lab.paths import cache_root
from lab.progress import phase, say

HERE = Path(__file__).resolve().parent
PACKAGES = (
    "systemd systemd-sysv dbus kmod procps iproute2 iputils-ping netbase util-linux "
    "openssh-server python3 ca-certificates runc nftables iptables conntrack ethtool socat "
    "keepalived"
).split()
#: Units that a container has no use for, or whose work the lab does.
MASKED = (
    "systemd-networkd.service systemd-networkd.socket systemd-resolved.service "
    "systemd-timesyncd.service systemd-udevd.service getty.target"
).split()


def name() -> str:
    """The image's name; its tag is a hash of what it is made from."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update((HERE.parent / "image/bootstrap.py").read_bytes())
    return f"localhost/slipway-node:{digest.hexdigest()[:16]}"


def ensure() -> str:
    """The image's name; it is made where podman does not have it."""
    image = name()
    with lock(cache_root() / "node-image.lock", "the node image is being built"):
        if attempt(podman("image", "exists", image)).returncode:
            build(image)
    return image


def build(image: str) -> None:
    log = cache_root() / "node-image.log"
    log.unlink(missing_ok=True)
    say(f"building the node image (log: {log})")
    cache_root().mkdir(parents=True, exist_ok=True)
    with (
        phase("node image"),
        tempfile.TemporaryDirectory(dir=cache_root(), prefix="node-build-") as scratch,
    ):
        work = Path(scratch)
        work.chmod(0o755)  # apt's own user must reach the tree
        tree, archive = work / "root", work / "root.tar"
        bootstrap(tree, PACKAGES, log)
        for unit in MASKED:
            (tree / "etc/systemd/system" / unit).symlink_to("/dev/null")
        for key in (tree / "etc/ssh").glob("ssh_host_*"):
            key.unlink()
        (tree / "etc/machine-id").write_text("")
        logged(["tar", "-C", tree, "--numeric-owner", "-cf", archive, "."], log)
        shutil.rmtree(tree)
        logged(podman("import", "--quiet", archive, image), log)

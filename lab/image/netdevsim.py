"""The switchdev machines' NIC: netdevsim, which Debian's kernel does not have.

Built out of tree from Debian's own kernel source against the headers of the same
version, with netdevsim.patch, in a root file system of its own beside the image's.
"""

from pathlib import Path

from lab.command import logged
from lab.errors import LabError
from lab.image.bootstrap import bootstrap

BUILD_PACKAGES = ["gcc-14", "make", "patch", "xz-utils", "linux-headers-amd64", "linux-source-6.12"]
SOURCE = "linux-source-6.12/drivers/net/netdevsim"
PATCH = Path(__file__).with_name("netdevsim.patch")

# Runs in the build root; prints nothing unless it fails.
SCRIPT = f"""
set -eu
cd /usr/src
tar -xf linux-source-6.12.tar.xz {SOURCE}
patch -s -d linux-source-6.12 -p1 < /netdevsim.patch
version=$(ls /lib/modules)
make -s -C /lib/modules/$version/build M=/usr/src/{SOURCE} CONFIG_NETDEVSIM=m modules
strip --strip-debug {SOURCE}/netdevsim.ko
"""


def build(root: Path, log: Path) -> None:
    """Make the build root and the module in it."""
    bootstrap(root, BUILD_PACKAGES, log)
    (root / "netdevsim.patch").write_text(PATCH.read_text())
    logged(["chroot", root, "sh", "-c", SCRIPT], log)


def install(root: Path, tree: Path, log: Path) -> None:
    """Copy the module from the build root into the image's tree."""
    built, wanted = kernel_version(root), kernel_version(tree)
    if built != wanted:
        raise LabError(
            f"netdevsim was built for kernel {built}, the image has {wanted}: "
            "the Debian mirror changed in between; run the command again"
        )
    target = tree / "lib/modules" / wanted / "updates"
    target.mkdir(exist_ok=True)
    (target / "netdevsim.ko").write_bytes((root / "usr/src" / SOURCE / "netdevsim.ko").read_bytes())
    logged(["chroot", tree, "depmod", wanted], log)


def kernel_version(root: Path) -> str:
    return " ".join(sorted(path.name for path in (root / "lib/modules").iterdir()))

"""Kernel modules that the lab needs otherwise than Debian has them.

netdevsim: the switchdev machines' NIC, which Debian's kernel does not have.
igb: the hosts' NIC, whose emulation loses LACP in a bridge (igb.patch says how).

Built out of tree from Debian's own kernel source against the headers of the same
version, each with its patch, in a root file system of its own beside the image's.
"""

from pathlib import Path

from lab.command import logged
from lab.errors import LabError
from lab.image.bootstrap import bootstrap

BUILD_PACKAGES = ["gcc-14", "make", "patch", "xz-utils", "linux-headers-amd64", "linux-source-6.12"]
SOURCE = "linux-source-6.12"
#: Module → its folder in the source, and what selects it.
MODULES = {
    "netdevsim": ("drivers/net/netdevsim", "CONFIG_NETDEVSIM=m"),
    "igb": ("drivers/net/ethernet/intel/igb", "CONFIG_IGB=m CONFIG_IGB_HWMON=y CONFIG_IGB_DCA=y"),
}


def script() -> str:
    """Runs in the build root; prints nothing unless it fails."""
    lines = ["set -eu", "cd /usr/src", "version=$(ls /lib/modules)"]
    for name, (folder, options) in MODULES.items():
        lines += [
            f"tar -xf {SOURCE}.tar.xz {SOURCE}/{folder}",
            f"patch -s -d {SOURCE} -p1 < /{name}.patch",
            f"make -s -C /lib/modules/$version/build M=$PWD/{SOURCE}/{folder} {options} modules",
            f"strip --strip-debug {SOURCE}/{folder}/{name}.ko",
        ]
    return "\n".join(lines)


def build(root: Path, log: Path) -> None:
    """Make the build root and the modules in it."""
    bootstrap(root, BUILD_PACKAGES, log)
    for name in MODULES:
        patch = Path(__file__).with_name(f"{name}.patch")
        (root / patch.name).write_text(patch.read_text())
    logged(["chroot", root, "sh", "-c", script()], log)


def install(root: Path, tree: Path, log: Path) -> None:
    """Copy the modules from the build root into the image's tree."""
    built, wanted = kernel_version(root), kernel_version(tree)
    if built != wanted:
        raise LabError(
            f"modules were built for kernel {built}, the image has {wanted}: "
            "the Debian mirror changed in between; run the command again"
        )
    target = tree / "lib/modules" / wanted / "updates"
    target.mkdir(exist_ok=True)
    for name, (folder, _) in MODULES.items():
        module = root / "usr/src" / SOURCE / folder / f"{name}.ko"
        (target / module.name).write_bytes(module.read_bytes())
    logged(["chroot", tree, "depmod", wanted], log)


def kernel_version(root: Path) -> str:
    return " ".join(sorted(path.name for path in (root / "lib/modules").iterdir()))

"""Kernel modules that the lab needs otherwise than Debian has them.

netdevsim: the switchdev machines' NIC, which Debian's kernel does not have.
igb: the NIC of hosts and workers; igb.patch says what its emulation and driver lack.

Built out of tree from Debian's own kernel source against the headers of the same
version, each with its patch, in a root file system of its own beside the image's.
"""

from collections.abc import Iterable
from pathlib import Path

from lab.command import logged
from lab.errors import LabError
from lab.image.bootstrap import bootstrap
from lab.image.packages import Variant

BUILD_PACKAGES = ["gcc-14", "make", "patch", "xz-utils"]
#: Of the suite that the image's kernel is from.
KERNEL_PACKAGES = ["linux-headers-amd64", "linux-source"]
#: Module → its folder in the source, and what selects it.
MODULES = {
    "netdevsim": ("drivers/net/netdevsim", "CONFIG_NETDEVSIM=m"),
    "igb": ("drivers/net/ethernet/intel/igb", "CONFIG_IGB=m CONFIG_IGB_HWMON=y CONFIG_IGB_DCA=y"),
}


def script(names: Iterable[str]) -> str:
    """Runs in the build root; prints nothing unless it fails."""
    lines = ["set -eu", "cd /usr/src", "version=$(ls /lib/modules)", "mkdir linux"]
    for name in names:
        folder, options = MODULES[name]
        lines += [
            f"tar -xf linux-source-*.tar.xz -C linux --strip-components=1 --wildcards '*/{folder}'",
            f"patch -s -d linux -p1 < /{name}.patch",
            f"make -s -C /lib/modules/$version/build M=$PWD/linux/{folder} {options} modules",
            f"strip --strip-debug linux/{folder}/{name}.ko",
        ]
    return "\n".join(lines)


def build(root: Path, variant: Variant, log: Path) -> None:
    """Make the build root and the variant's modules in it."""
    include = [*BUILD_PACKAGES, *(f"{name}/{variant.suite}" for name in KERNEL_PACKAGES)]
    bootstrap(root, include, log, backports=variant.backports)
    for name in variant.modules:
        patch = Path(__file__).with_name(f"{name}.patch")
        (root / patch.name).write_text(patch.read_text())
    # newer kernels' objtool reads /proc; its mount ends with the namespace
    inside = 'mount -t proc proc "$0/proc" && exec chroot "$0" sh -c "$1"'
    enter = ["unshare", "--mount", "--propagation", "private"]
    logged([*enter, "sh", "-c", inside, root, script(variant.modules)], log)


def install(root: Path, tree: Path, variant: Variant, log: Path) -> None:
    """Copy the modules from the build root into the image's tree."""
    built, wanted = kernel_version(root), kernel_version(tree)
    if built != wanted:
        raise LabError(
            f"modules were built for kernel {built}, the image has {wanted}: "
            "the Debian mirror changed in between; run the command again"
        )
    target = tree / "lib/modules" / wanted / "updates"
    target.mkdir(exist_ok=True)
    for name in variant.modules:
        module = root / "usr/src/linux" / MODULES[name][0] / f"{name}.ko"
        (target / module.name).write_bytes(module.read_bytes())
    logged(["chroot", tree, "depmod", wanted], log)


def kernel_version(root: Path) -> str:
    return " ".join(sorted(path.name for path in (root / "lib/modules").iterdir()))

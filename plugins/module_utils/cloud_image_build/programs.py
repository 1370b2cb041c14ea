"""What the controller needs to build images: root, programs, a kernel that mounts them."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ..system import System

#: Program → the package of Debian that has it; with "|" one of several is enough.
PROGRAMS = {
    "bash": "bash", "blkid": "util-linux", "chroot": "coreutils", "debootstrap|mmdebstrap":
    "debootstrap", "findmnt": "util-linux", "fstrim": "util-linux", "losetup": "mount",
    "lsattr": "e2fsprogs", "mkfs.ext4": "e2fsprogs", "partx": "util-linux", "ps": "procps",
    "qemu-img": "qemu-utils", "setpriv": "util-linux", "tar": "tar", "unshare": "util-linux",
}  # fmt: skip
UEFI_PROGRAMS = {"mkfs.vfat": "dosfstools", "sgdisk": "gdisk"}
PATH = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")


def problem(system: System, user: int, firmware: Iterable[str]) -> tuple[str, str] | None:
    """Why images cannot be built here, and what to do; *user*: the process's own number."""
    if user:
        return (
            "building an image needs root on the controller (chroot, loop devices)",
            "Run the playbook as root, or set cloud_image_build_become: true",
        )
    uefi = "uefi" in set(firmware)
    wanted = PROGRAMS | (UEFI_PROGRAMS if uefi else {})
    lost = {program: package for program, package in wanted.items() if not _found(system, program)}
    if lost:
        programs = ", ".join(each.replace("|", " or ") for each in lost)
        packages = " ".join(sorted(set(lost.values())))
        return f"the controller has no {programs}", f"Install {packages}"
    if uefi and "\tvfat" not in (system.read("/proc/filesystems") or "") + _module(system):
        return (
            "the controller's kernel has no vfat, which firmware: uefi is made with",
            "Load it (modprobe vfat), set firmware: bios, or build on another machine",
        )
    return None


def _found(system: System, program: str) -> bool:
    return any(
        system.exists(os.path.join(folder, each))
        for each in program.split("|") for folder in PATH
    )  # fmt: skip


def _module(system: System) -> str:
    """As /proc/filesystems would say it, where the module is there and mount will load it."""
    found = system.run("modprobe", "--dry-run", "vfat", check=False)
    return "\tvfat" if found.status == 0 else ""


def mirrors(system: System, given: dict[str, str]) -> dict[str, str]:
    """``debian`` and ``security``: as given, else those of the controller's own apt.

    RuntimeError names the one that cannot be found out.
    """
    labels = {"debian": "Debian", "security": "Debian-Security"}
    found = {name: given.get(name) or "" for name in labels}
    if not all(found.values()):
        shown = system.run(
            "apt-get", "indextargets", "--format", "$(REPO_URI) $(LABEL)", "Created-By: Packages",
            check=False,
        )  # fmt: skip
        known: dict[str, str] = {}
        for line in shown.stdout.splitlines():
            uri, _, label = line.partition(" ")
            known.setdefault(label, uri)
        for name, label in labels.items():
            found[name] = (found[name] or known.get(label, "")).rstrip("/")
            if not found[name]:
                raise RuntimeError(
                    f"the controller's apt has no archive {label}: set "
                    f"cloud_image_build_mirrors.{name}"
                )
    return found

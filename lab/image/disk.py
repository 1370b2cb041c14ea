"""A bootable disk from a directory tree, without loop devices or grub-install."""

import struct
from pathlib import Path

from lab.command import capture, logged
from lab.errors import LabError

SECTOR = 512
PARTITION_START = 2048  # sectors; GRUB's core image lives before it
DISK_BYTES = 6 << 30
ROOT_UUID = "51a97a71-0000-4000-8000-000000000001"


def make(tree: Path, disk: Path, log: Path) -> None:
    """Write partition table, GRUB and an ext4 root file system; result in qcow2."""
    raw = disk.with_suffix(".raw")
    with raw.open("wb") as handle:
        handle.truncate(DISK_BYTES)
    blocks = (DISK_BYTES - PARTITION_START * SECTOR) // 4096
    offset = f"offset={PARTITION_START * SECTOR}"
    options = "^metadata_csum,^64bit"  # what every GRUB reads
    logged(
        ["mkfs.ext4", "-q", "-F", "-b", "4096", "-L", "root", "-U", ROOT_UUID, "-O", options]
        + ["-E", f"{offset},lazy_itable_init=1", "-d", tree, raw, str(blocks)],
        log,
    )
    grub = tree / "boot/grub/i386-pc"
    with raw.open("r+b") as handle:
        handle.write(
            boot_sectors((grub / "boot.img").read_bytes(), (grub / "core.img").read_bytes())
        )
    capture(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, disk], timeout=1800)
    raw.unlink()


def boot_sectors(boot: bytes, core: bytes) -> bytes:
    """The disk's first sectors: boot.img with one partition, then core.img.

    boot.img loads sector 1, and core.img's own block list begins at sector 2: both are
    GRUB's defaults, so nothing has to be patched.
    """
    if len(core) > (PARTITION_START - 1) * SECTOR:
        raise LabError("GRUB's core image does not fit before the first partition")
    entry = struct.pack(
        "<B3sB3sII",
        0x80,
        b"\xfe\xff\xff",
        0x83,
        b"\xfe\xff\xff",
        PARTITION_START,
        DISK_BYTES // SECTOR - PARTITION_START,
    )
    first = boot[:440] + b"SLIP" + bytes(2) + entry + bytes(48) + b"\x55\xaa"
    return first + core

import struct

import pytest

from lab.errors import LabError
from lab.image import disk


def test_boot_sectors_are_a_partition_table_and_grub():
    sectors = disk.boot_sectors(b"\xeb\x63" + bytes(510), b"core" * 256)
    assert sectors[:2] == b"\xeb\x63"
    assert sectors[510:512] == b"\x55\xaa"
    active, _, kind, _, start, count = struct.unpack("<B3sB3sII", sectors[446:462])
    assert (active, kind, start) == (0x80, 0x83, disk.PARTITION_START)
    assert (start + count) * disk.SECTOR == disk.DISK_BYTES
    assert sectors[512:516] == b"core"


def test_a_core_image_which_does_not_fit_is_refused():
    with pytest.raises(LabError, match="does not fit"):
        disk.boot_sectors(bytes(512), bytes(disk.PARTITION_START * disk.SECTOR))

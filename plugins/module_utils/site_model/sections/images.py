"""Images of ``site_openstack``: downloaded, or built by a recipe."""

from __future__ import annotations

from typing import Literal

from .base import Part, key
from .scalars import DebianPackage, KernelArgument, LockedMemory, Sha256


class Recipe(Part):
    """How role cloud_image_build makes an image with RDMA, with diskimage-builder."""

    distribution: Literal["debian"] = key("Distribution.", "debian")
    release: Literal["bookworm", "trixie"] = key("Its release.", "trixie")
    kind: Literal["vm", "baremetal"] = key("What runs it.", "vm")
    firmware: Literal["bios", "uefi"] | None = key(
        "uefi boots by BIOS, too; unset: uefi for baremetal, else bios.", None
    )
    size: int = key(
        "Virtual size; the root file system grows to its disk at the first boot.", 4, unit="GiB",
        ge=3, le=1024,
    )  # fmt: skip
    packages: list[DebianPackage] = key("Further packages.", [])
    command_line: list[KernelArgument] = key("Further arguments of the kernel.", [])
    memlock: LockedMemory = key(
        "Locked memory that users may take.", "unlimited", unit="KiB or unlimited"
    )
    revision: int = key("Raise it to build anew, such as for newer packages.", 1, ge=1)

    @property
    def boot(self) -> str:
        """bios or uefi."""
        return self.firmware or ("uefi" if self.kind == "baremetal" else "bios")


class Image(Part):
    """An image of Glance: source and sha256 of a file that is there, or a recipe."""

    source: str | None = key("URL or path of the file.", None)
    sha256: Sha256 | None = key("Checksum of the file.", None)
    recipe: Recipe | None = key("The kit builds the file.", None)
    format: Literal["qcow2", "raw"] = key("Disk format.", "qcow2")
    properties: dict[str, str] = key("Glance properties.", {})
    visibility: Literal["public", "private", "community"] = key("Who may use it.", "public")

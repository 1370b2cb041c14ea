"""What a recipe means to diskimage-builder, and the key of all that an image is made of."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..cloud.given import Field, read

Recipe = dict[str, Any]

#: In the kit's folder: elements, diskimage-builder's lock, and programs that it calls.
PLACE = os.path.join("roles", "cloud_image_build", "files")

FIELDS = {
    "distribution": Field(str, "debian"), "release": Field(str), "kind": Field(str, "vm"),
    "firmware": Field(str, "bios"), "size": Field(int, 4), "packages": Field(list, []),
    "command_line": Field(list, []), "memlock": Field(str, "unlimited"),
    "revision": Field(int, 1), "disk_format": Field(str, "qcow2"),
}  # fmt: skip
_CHOICES = {
    "distribution": ("debian",), "kind": ("vm", "baremetal"), "firmware": ("bios", "uefi"),
    "disk_format": ("qcow2", "raw"),
}  # fmt: skip


def recipes(given: Mapping[str, Any]) -> dict[str, Recipe]:
    """Each by its image's name, with all keys. Raises ValueError ("images.a.kind: …")."""
    found = read("images", given, FIELDS)
    for name, recipe in found.items():
        for key, known in _CHOICES.items():
            if recipe[key] not in known:
                raise ValueError(f"images.{name}.{key}: {recipe[key]!r}; known: {', '.join(known)}")
    return found


def elements(recipe: Recipe) -> list[str]:
    """The elements, the kit's own last."""
    disk = "block-device-efi" if recipe["firmware"] == "uefi" else "block-device-mbr"
    kind = f"slipway-{recipe['kind']}"
    return [f"{recipe['distribution']}-minimal", "vm", disk, "slipway-guest", "slipway-rdma", kind]


def arguments(recipe: Recipe, output: str) -> list[str]:
    """Of disk-image-create; *output*: the file without its ending."""
    packages = ["-p", ",".join(recipe["packages"])] if recipe["packages"] else []
    return [
        "-n", "-a", "amd64", "-t", recipe["disk_format"], "--image-size", str(recipe["size"]),
        "--no-tmpfs", "-o", output, *packages, *elements(recipe),
    ]  # fmt: skip


def environment(recipe: Recipe, mirrors: Mapping[str, str]) -> dict[str, str]:
    """What elements read."""
    return {
        "DIB_RELEASE": recipe["release"],
        "DIB_DISTRIBUTION_MIRROR": mirrors["debian"],
        "DIB_DEBIAN_SECURITY_MIRROR": mirrors["security"],
        "DIB_APT_LOCAL_CACHE": "0",
        "DIB_NO_TIMESTAMP": "1",
        "DIB_SLIPWAY_MEMLOCK": recipe["memlock"],
        "DIB_SLIPWAY_COMMAND_LINE": " ".join(recipe["command_line"]),
    }


def check_mirror(name: str, url: str) -> None:
    """Raises ValueError: a mirror is written into the image, for all to read."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"mirrors.{name}: expected http:// or https://")
    if "@" in parts.netloc:
        raise ValueError(f"mirrors.{name}: images would hold its password; name one without")


def key_of(recipe: Recipe, mirrors: Mapping[str, str], kit: str) -> str:
    """Of the recipe, the mirrors, diskimage-builder's lock and the bytes of the kit's elements."""
    digest = hashlib.sha256(json.dumps([recipe, dict(mirrors)], sort_keys=True).encode())
    for path in _files(kit):
        with open(path, "rb") as file:
            mode = os.stat(path).st_mode & 0o111
            digest.update(f"{os.path.relpath(path, kit)}\0{mode}\0".encode() + file.read())
    return digest.hexdigest()[:16]


def lock_of(kit: str) -> str:
    """The lock file of diskimage-builder."""
    return os.path.join(kit, PLACE, "requirements.lock")


def elements_of(kit: str) -> str:
    """The folder of the kit's elements."""
    return os.path.join(kit, PLACE, "elements")


def _files(kit: str) -> Iterator[str]:
    yield lock_of(kit)
    for folder, inside, names in os.walk(elements_of(kit)):
        inside.sort()
        for name in sorted(names):
            yield os.path.join(folder, name)

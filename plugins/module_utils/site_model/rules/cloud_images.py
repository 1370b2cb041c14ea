"""Rules of images: where their file comes from, what boots them, what they do to ports."""

from __future__ import annotations

from collections.abc import Iterator

from ..problems import Path, Problem
from ..sections.images import Image, Recipe
from ..sections.openstack import Flavor, OpenStack
from ..sections.servers import ServerSet
from .report import error


def check(cloud: OpenStack) -> Iterator[Problem]:
    """All of them."""
    for name, image in cloud.images.items():
        yield from _source(image, ("site_openstack", "images", name))
    for name, servers in cloud.servers.items():
        path = ("site_openstack", "servers", name)
        known, flavor = cloud.images.get(servers.image), cloud.flavors.get(servers.flavor)
        yield from _bonded(cloud, servers, flavor, path)
        if known and known.recipe and flavor:
            volume = servers.volume.size if servers.volume else flavor.disk
            yield from _fits(known.recipe, flavor, volume, (*path, "image"), servers.image)


def _source(image: Image, path: Path) -> Iterator[Problem]:
    given = [key for key in ("source", "sha256") if getattr(image, key) is not None]
    if image.recipe and given:
        message, fix = "an image with a recipe is built, not downloaded", "Keep one of both."
        yield error("image-source", (*path, given[0]), message, fix)
    elif not image.recipe and len(given) < 2:
        message, fix = "has neither source with sha256 nor a recipe", "Set both, or a recipe."
        yield error("image-source", path, message, fix)


def _fits(recipe: Recipe, flavor: Flavor, disk: int, path: Path, name: str) -> Iterator[Problem]:
    """*disk*: GiB that the server boots from, 0 for as large as the image."""
    if recipe.kind != flavor.kind:
        message = f"its recipe is for kind: {recipe.kind}, the flavor is kind: {flavor.kind}"
        yield error("image-flavor", path, message, "Name an image of the flavor's kind.", name)
    if 0 < disk < recipe.size:
        message = f"its recipe makes {recipe.size} GiB, the server's disk has {disk}"
        yield error("image-flavor", path, message, "Use a smaller size or a larger disk.", name)


def _bonded(
    cloud: OpenStack, servers: ServerSet, flavor: Flavor | None, path: Path
) -> Iterator[Problem]:
    """The port's MAC address is a bond's and its member's: a name for it would break the bond."""
    wanted = flavor.resource_class if flavor and flavor.kind == "baremetal" else None
    nodes = [name for name, node in cloud.nodes.items()
             if wanted and node.resource_class == wanted and node.port_group]  # fmt: skip
    for number, port in enumerate(servers.ports if nodes else ()):
        if port.interface:
            where = (*path, "ports", number, "interface")
            message, fix = f"nodes such as {nodes[0]} have a bond there", "Remove interface."
            yield error("server-bond", where, message, fix, port.interface)

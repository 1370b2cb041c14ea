"""Images: one for each name and content.

Glance has no SHA-256 of its own: the kit keeps it in a property, after it has compared what it
read with the model and what Glance stored with what it read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..cloud.api import Cloud, Thing
from ..cloud.errors import CloudError, Lost
from ..cloud.kind import Kind
from ..cloud.marks import Mark
from .source import Source

SHA256 = "slipway_sha256"
#: Names of the properties that the kit set, so that one the model no longer names can go.
NAMES = "slipway_properties"
_PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
_UPLOADS = 3


class Images(Kind[Thing]):
    """``wants`` are needed for names: an image of other content is not the model's."""

    name = "image"
    fixed = ("sha256", "disk_format", "container_format", "status")

    def __init__(self, cloud: Cloud, mark: Mark, wants: Mapping[str, Thing]) -> None:
        super().__init__(cloud, mark)
        self.wants = wants
        self.known: set[str] = set()

    def called(self, thing: Thing) -> str:
        name = str(thing["name"])
        content = thing.get(SHA256)
        other = name in self.wants and content != self.wants[name]["sha256"]
        if self.marked(thing) and content and (other or thing.get("os_hidden")):
            return former(thing)
        return name

    def wanted(self, name: str, want: Thing) -> Thing:
        properties = want.get("properties") or {}
        return {
            "sha256": want["sha256"],
            "disk_format": want["disk_format"],
            "container_format": "bare",
            "status": "active",
            "visibility": want.get("visibility") or "public",
            "properties": dict(properties),
        }

    def shown(self, thing: Thing, wanted: Mapping[str, Any]) -> Thing:
        names = {*wanted["properties"], *filter(None, thing.get(NAMES, "").split(","))}
        found = {k: thing.get(k) for k in wanted if k not in ("sha256", "properties")}
        hashed = thing.get("os_hash_value") if thing.get("os_hash_algo") == "sha256" else None
        return {
            **found,
            "sha256": hashed or thing.get(SHA256),
            "properties": {n: thing[n] for n in sorted(names) if n in thing},
        }

    def planned(self, name: str, want: Thing) -> Thing:
        return {**self.wanted(name, want), "source": Source(want["source"]).called}

    def users(self, thing: Thing) -> str:
        query = {"all_tenants": "1", "image": thing["id"], "limit": "1"}
        found = self.cloud.list("compute", "/servers", "servers", query)
        return f"servers have it, such as {found[0]['name']}" if found else ""

    def create(self, name: str, want: Thing) -> None:
        source = Source(want["source"])
        problem = ""
        for _ in range(_UPLOADS):
            image = self._record(name, want)
            problem = self._upload(image, source, want["sha256"])
            if not problem:
                return
            self.cloud.delete("image", f"/images/{image['id']}")
            if source.sha256 not in ("", want["sha256"]):
                break  # it would be the same again
        raise RuntimeError(problem)

    def _record(self, name: str, want: Thing) -> Thing:
        wanted = self.wanted(name, want)
        values = {k: wanted[k] for k in ("disk_format", "container_format", "visibility")}
        names = ",".join(sorted(wanted["properties"]))
        body = {
            "name": name, **values, "tags": [self.mark.tag], **wanted["properties"],
            SHA256: want["sha256"], NAMES: names,
        }  # fmt: skip
        image: Thing = self.cloud.create("image", "/images", body, lambda: self._made(name))
        self.known.add(image["id"])
        return image

    def _made(self, name: str) -> Thing | None:
        query = {"name": name, "tag": self.mark.tag}
        found = self.cloud.list("image", "/images", "images", query)
        new = [each for each in found if each["id"] not in self.known]
        return new[0] if new else None

    def _upload(self, image: Thing, source: Source, sha256: str) -> str:
        """What went wrong; "" for nothing. Never repeated on the same record."""
        path = f"/images/{image['id']}"
        said = ""
        try:
            answer = self.cloud.transport.send(
                "image", "PUT", f"{path}/file", data=source,
                headers={"Content-Type": "application/octet-stream"},
            )  # fmt: skip
            if answer.status >= 400:
                said = f"Glance took no upload: HTTP {answer.status}"
        except (Lost, CloudError) as error:
            said = str(error)
        if source.sha256 and source.sha256 != sha256:
            return f"{source.called} has SHA-256 {source.sha256}, the model says {sha256}"
        now = self.cloud.get("image", path) or {}
        if now.get("status") != "active":
            return said or f"the image is {now.get('status', 'gone')} after its upload"
        own = {"sha256": source.sha256, "sha512": source.sha512}.get(now.get("os_hash_algo", ""))
        if own and own != now.get("os_hash_value"):
            return f"what Glance stored is not what {source.called} has"
        return ""

    def change(self, name: str, want: Thing, thing: Thing, keys: Sequence[str]) -> None:
        wanted = self.wanted(name, want)
        values: Thing = {"visibility": wanted["visibility"]} if "visibility" in keys else {}
        gone: set[str] = set()
        if "properties" in keys:
            properties = wanted["properties"]
            values |= {**properties, NAMES: ",".join(sorted(properties))}
            gone = self.shown(thing, wanted)["properties"].keys() - properties.keys()
        self.patch(thing, values, gone)

    def take(self, thing: Thing) -> None:
        self.cloud.change("image", "PUT", f"/images/{thing['id']}/tags/{self.mark.tag}")

    def retire(self, thing: Thing) -> None:
        """Out of the way of people, for the servers that still have it."""
        self.patch(thing, {"os_hidden": True, "name": former(thing)})

    def patch(
        self, thing: Thing, values: Thing, gone: set[str] | frozenset[str] = frozenset()
    ) -> None:
        """Set attributes and properties, remove others; the same again does nothing more."""
        now = self.cloud.call("image", "GET", f"/images/{thing['id']}")
        body = [
            {"op": "replace" if key in now else "add", "path": f"/{key}", "value": value}
            for key, value in values.items() if now.get(key) != value
        ] + [{"op": "remove", "path": f"/{key}"} for key in sorted(gone) if key in now]  # fmt: skip
        if body:
            self.cloud.change(
                "image", "PATCH", f"/images/{thing['id']}", body, headers=_PATCH,
                settled=lambda: self._patched(thing, values, gone) or None,
            )  # fmt: skip

    def _patched(self, thing: Thing, values: Thing, gone: set[str] | frozenset[str]) -> bool:
        now = self.cloud.call("image", "GET", f"/images/{thing['id']}")
        return not gone & now.keys() and all(now.get(k) == v for k, v in values.items())

    def remove(self, thing: Thing) -> None:
        if thing.get("protected"):
            self.patch(thing, {"protected": False})
        self.cloud.delete("image", f"/images/{thing['id']}")


def former(thing: Thing) -> str:
    """The name of an image whose name the model has for another content."""
    name, content = str(thing["name"]), str(thing[SHA256])[:8]
    return name if name.endswith(f".{content}") else f"{name}.{content}"

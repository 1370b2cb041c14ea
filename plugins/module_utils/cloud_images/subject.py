"""Images as a subject of converge; a former content is kept, hidden, while servers have it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..cloud.api import Cloud, Thing
from ..cloud.given import Field, read
from ..cloud.kind import checks, reconcile
from ..cloud.marks import Mark
from ..cloud_image_build import NOT_BUILT
from ..converge import Check, Plan, Refusal, Step
from .images import Images, former
from .source import Source

FIELDS = {
    "source": Field(str), "sha256": Field(str), "disk_format": Field(str, "qcow2"),
    "properties": Field(dict, {}), "visibility": Field(str, "public"),
}  # fmt: skip


class CloudImages:
    """*images* by name: source, sha256, disk_format, properties, visibility.

    folder  where relative paths of sources begin.
    """

    name = "cloud_images"

    def __init__(
        self, cloud: Cloud, mark: Mark, images: Mapping[str, Thing], *, folder: str = ".",
        adopt: bool = False,
    ) -> None:  # fmt: skip
        self.cloud, self.adopt, self.mark = cloud, adopt, mark
        self.wants = read("images", images, FIELDS)
        for image in self.wants.values():
            if "://" not in image["source"]:
                image["source"] = os.path.normpath(os.path.join(folder, image["source"]))
        self.kind = Images(cloud, mark, self.wants)

    def observe(self) -> dict[str, Any]:
        tagged = {"tag": self.mark.tag}
        queries: list[Thing] = [tagged, {**tagged, "os_hidden": "true"}]
        if self.wants:
            queries.append({"name": "in:" + ",".join(self.wants)})
        lists = self.cloud.each(lambda q: self.cloud.list("image", "/images", "images", q), queries)
        found = {image["id"]: image for images in lists for image in images}
        self.kind.known |= found.keys()
        return {"image": list(found.values())}

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        removals = reconcile(self.kind, self.wants, seen["image"], plan, adopt=self.adopt)
        making = {s.name.partition(":")[2] for s in plan.steps if s.before is None}
        making |= {s.name.partition(":")[2] for s in plan.steps if "made anew" in s.why}
        for name in [n for n in self.wants if n in making]:
            if self.wants[name]["sha256"] == NOT_BUILT:
                continue  # check mode: this run makes the file
            if not self.wants[name]["sha256"]:
                plan.refusals.append(
                    Refusal("image-recipe", f"image {name} has a recipe and is not built",
                            "Run role cloud_image_build before, as playbooks/cloud.yml does")
                )  # fmt: skip
                continue
            if problem := Source(self.wants[name]["source"]).problem():
                plan.refusals.append(
                    Refusal("image-source", f"image {name}: {problem}", "Correct its source")
                )
        gone = {step.name for step in removals}
        for image in seen["image"]:
            name = self.kind.called(image)
            stays = self.kind.marked(image) and name not in self.wants
            if stays and not image["os_hidden"] and f"image:{name}:delete" not in gone:
                plan.steps.append(
                    Step(f"hidden:{former(image)}", "servers have it, the model has not",
                         lambda i=image: self.kind.retire(i), before=image["name"],
                         after=f"{former(image)}, hidden")
                )  # fmt: skip
        plan.steps += removals
        return plan

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        return checks(self.kind, self.wants, seen["image"], "openstack image show {name}")

"""Built images as a subject of converge: one for each recipe, built when what makes it changes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Protocol

from ..converge import Check, Plan, Refusal, Step
from . import record as records
from .recipe import Recipe, key_of, recipes
from .record import Record

#: In place of a checksum in check mode, for an image that the run will build.
NOT_BUILT = "not built yet"


class Builds(Protocol):
    """What makes an image's file (builder.py); unit tests have a stand-in."""

    def problem(self, wanted: Mapping[str, Recipe]) -> tuple[str, str] | None:
        """Why it cannot build these, and what to do about it."""
        ...

    def leftovers(self) -> list[str]:
        """Folders of builds that were cut."""
        ...

    def clean(self, leftover: str) -> None: ...

    def build(self, name: str, recipe: Recipe, key: str) -> Record: ...


class ImageBuild:
    """*images*: recipes by name. *folder*: the site's own. *kit*: the checkout."""

    name = "cloud_image_build"

    def __init__(
        self, builder: Builds, images: Mapping[str, Any], mirrors: Mapping[str, str],
        folder: str, kit: str,
    ) -> None:  # fmt: skip
        self.builder, self.folder = builder, folder
        self.wants = recipes(images)
        self.keys = {name: key_of(each, mirrors, kit) for name, each in self.wants.items()}

    def observe(self) -> dict[str, Any]:
        found = {}
        for name in sorted({*self.wants, *records.names(self.folder)}):
            record = records.read(self.folder, name)
            if record is None:
                found[name] = {"fault": "is not built"}
                continue
            fault = records.fault(self.folder, record)
            if name in self.wants and record.key != self.keys[name]:
                fault = "its recipe, the kit's elements or diskimage-builder changed"
            found[name] = {"key": record.key, "sha256": record.sha256, "fault": fault,
                           "recipe": record.recipe, "file": record.file}  # fmt: skip
        return {"images": found, "leftovers": self.builder.leftovers()}

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        for leftover in seen["leftovers"]:
            plan.steps.append(
                Step(f"clean:{os.path.basename(leftover)}", "a build was cut",
                     lambda each=leftover: self.builder.clean(each), before=leftover)
            )  # fmt: skip
        due = {n: w for n, w in self.wants.items() if seen["images"][n]["fault"]}
        problem = self.builder.problem(due) if due else None
        if problem:
            plan.refusals.append(Refusal("image-build", *problem))
        for name, recipe in due.items():
            was = seen["images"][name]
            before = {**was["recipe"], "key": was["key"]} if "key" in was else None
            plan.steps.append(
                Step(f"image:{name}", was["fault"], lambda n=name: self._build(n),
                     lambda n=name: self._wrong(n), before=before,
                     after={**recipe, "key": self.keys[name]})
            )  # fmt: skip
        for name in seen["images"].keys() - self.wants.keys():
            plan.steps.append(
                Step(f"remove:{name}", "the model has no recipe of it",
                     lambda n=name: self._remove(n), before=seen["images"][name].get("file"))
            )  # fmt: skip
        return plan

    def _build(self, name: str) -> None:
        former = records.read(self.folder, name)
        record = self.builder.build(name, self.wants[name], self.keys[name])
        records.write(self.folder, name, record)
        if former and former.file != record.file:
            self._unlink(former.file)

    def _wrong(self, name: str) -> str | None:
        record = records.read(self.folder, name)
        return records.fault(self.folder, record) or None if record else "has no record"

    def _remove(self, name: str) -> None:
        record = records.read(self.folder, name)
        for file in (record.file if record else None, f"{name}.log", f"{name}.json"):
            if file:
                self._unlink(file)

    def _unlink(self, file: str) -> None:
        path = os.path.join(self.folder, os.path.basename(file))
        if os.path.exists(path):
            os.unlink(path)

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        return [
            Check(f"image {name}", not seen["images"][name]["fault"], self.keys[name],
                  seen["images"][name]["fault"] or seen["images"][name]["key"],
                  step=f"image:{name}", look=os.path.join(self.folder, f"{name}.log"))
            for name in self.wants
        ]  # fmt: skip

    def built(self, seen: dict[str, Any]) -> dict[str, dict[str, str]]:
        """``source`` and ``sha256`` of each, for cloud_images; NOT_BUILT where it is still due."""
        found = {}
        for name, recipe in self.wants.items():
            whole = seen["images"].get(name, {})
            due = bool(whole.get("fault", True))
            file = f"{name}.{recipe['disk_format']}" if due else whole["file"]
            found[name] = {"source": os.path.join(self.folder, file),
                           "sha256": NOT_BUILT if due else whole["sha256"]}  # fmt: skip
        return found

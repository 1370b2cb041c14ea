"""A set of objects, checked; errors name the object."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError
from ..kube_api import Object, Reference

__all__ = ["ObjectsSpec", "SpecError"]

LABELS = {"app.kubernetes.io/managed-by": "slipway"}
SET_LABEL = "slipway/set"
#: Kinds that others stand on come first, those that are waited for last.
_FIRST = ("Namespace", "CustomResourceDefinition", "PriorityClass", "ServiceAccount")
_LAST = ("DaemonSet", "Deployment", "Job")


@dataclass(frozen=True)
class ObjectsSpec:
    """A named set of objects in the order in which they are applied.

    Each has the kit's labels beside its own.
    """

    name: str
    objects: tuple[Object, ...]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> ObjectsSpec:
        """From ``{name, objects: [manifest]}``. Raises SpecError."""
        r = Reader(data, "")
        name = r.text("name")
        given = data.get("objects")
        if not isinstance(given, list):
            raise SpecError("objects: must be a list of Kubernetes objects")
        r.ignore("objects")
        r.end()
        objects, seen = [], set()
        for number, thing in enumerate(given):
            reference = _reference(thing, f"objects[{number}]")
            if reference in seen:
                raise SpecError(f"objects[{number}]: {reference} is named twice")
            seen.add(reference)
            labelled = copy.deepcopy(dict(thing))
            labels = labelled["metadata"].setdefault("labels", {})
            labels |= {**LABELS, SET_LABEL: name}
            objects.append(labelled)
        kinds = (*_FIRST, "", *_LAST)
        order = {kind: place for place, kind in enumerate(kinds)}
        objects.sort(key=lambda thing: order.get(thing["kind"], order[""]))
        return cls(name, tuple(objects))


def _reference(thing: Any, where: str) -> Reference:
    try:
        reference = Reference.of(thing)
    except (KeyError, TypeError):
        raise SpecError(f"{where}: needs apiVersion, kind and metadata.name") from None
    if not all(isinstance(value, str) for value in vars(reference).values()):
        raise SpecError(f"{where}: apiVersion, kind, namespace and name must be texts")
    return reference

"""No secret is written in the model: inventories are read by many."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..model import Model
from ..problems import Path, Problem
from .report import error

_NAME = re.compile(r"(^|[_-])(pass(word|wd|phrase)?|secret|token|private[_-]?key)$", re.IGNORECASE)
#: Maps of the model whose keys are the operator's own.
_FREE = ("properties", "extra", "extra_specs", "bios", "raid")


def check(model: Model) -> Iterator[Problem]:
    """Free maps of the cloud's nodes, flavors and images hold no password."""
    cloud = model.openstack
    for kind in ("nodes", "flavors", "images") if cloud else ():
        for name, part in getattr(cloud, kind).items():
            for key in _FREE:
                path = ("site_openstack", kind, name, key)
                yield from _search(getattr(part, key, None), path)


def _search(value: Any, path: Path) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(inner, (str, int)) and inner != "" and _NAME.search(str(key)):
                message = "is a secret in a file that is not encrypted"
                fix = "Keep it with ansible-vault, where the program that needs it reads it."
                # the value is not repeated in a report
                yield error("plain-secret", (*path, str(key)), message, fix, "…")
            yield from _search(inner, (*path, str(key)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _search(inner, (*path, number))

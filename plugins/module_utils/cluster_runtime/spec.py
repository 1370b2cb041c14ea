"""The desired state of a node's runtime, checked; errors name the key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError

HASH = re.compile(r"[0-9a-f]{64}")

__all__ = ["Artifact", "Image", "RuntimeSpec", "SpecError"]


@dataclass(frozen=True)
class Artifact:
    """A file: from *url*, pinned by *sha256*, to *path*."""

    name: str
    url: str
    sha256: str
    path: str
    mode: int = 0o755


@dataclass(frozen=True)
class Image:
    """An archive of the image *name* (with its tag): for nodes that reach no registry."""

    name: str
    url: str
    sha256: str


@dataclass(frozen=True)
class RuntimeSpec:
    """What the model and the list of artifacts say about one node's runtime."""

    artifacts: tuple[Artifact, ...]
    images: tuple[Image, ...]
    sandbox_image: str
    cgroup_driver: str = "systemd"
    restrict_oom_score_adj: bool = False
    cni_conf_dir: str = "/etc/cni/net.d"

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> RuntimeSpec:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        spec = cls(
            artifacts=tuple(_artifact(each) for each in r.objects("artifacts")),
            images=tuple(_image(each) for each in r.objects("images")),
            sandbox_image=r.text("sandbox_image"),
            cgroup_driver=r.text("cgroup_driver", "systemd", ("systemd", "cgroupfs")),
            restrict_oom_score_adj=r.flag("restrict_oom_score_adj", False),
            cni_conf_dir=r.text("cni_conf_dir", "/etc/cni/net.d"),
        )
        r.end()
        paths = [artifact.path for artifact in spec.artifacts]
        twice = sorted({path for path in paths if paths.count(path) > 1})
        if twice:
            raise SpecError(f"artifacts: two are for {twice[0]}")
        return spec


def _artifact(r: Reader) -> Artifact:
    found = Artifact(
        r.text("name"), r.text("url"), _hash(r), r.text("path"), int(r.text("mode", "0755"), 8)
    )
    r.end()
    if not found.path.startswith("/"):
        raise SpecError(f"{r.key('path')}: {found.path} is no absolute path")
    return found


def _image(r: Reader) -> Image:
    r.ignore("role")  # who has it is decided before
    found = Image(r.text("name"), r.text("url"), _hash(r))
    r.end()
    return found


def _hash(r: Reader) -> str:
    value = r.text("sha256")
    if not HASH.fullmatch(value):
        raise SpecError(f"{r.key('sha256')}: expected 64 hexadecimal digits, got {value!r}")
    return value

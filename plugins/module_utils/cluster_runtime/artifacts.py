"""Files that are pinned by their hash, and the images that containerd has."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

from ..converge import Check, Plan, Refusal, Step
from ..fetch import fetch, sha256_of, shown
from ..system import System
from .spec import Artifact, Image, RuntimeSpec

RECORD = "/var/lib/slipway/artifacts.json"
#: Without these there is no node.
NEEDED = tuple(
    f"/usr/local/bin/{name}" for name in ("containerd", "ctr", "kubeadm", "kubectl", "kubelet")
)
#: containerd's namespace for Kubernetes
CTR = ("/usr/local/bin/ctr", "--namespace", "k8s.io")


class Artifacts:
    """Programs. A file whose size and time are as recorded is not read again."""

    name = "artifacts"

    def __init__(self, system: System, spec: RuntimeSpec) -> None:
        self.system, self.spec = system, spec

    def observe(self) -> dict[str, Any]:
        record = _record(self.system)
        paths = {artifact.path for artifact in self.spec.artifacts}
        missing = [p for p in NEEDED if p not in paths and not self.system.exists(p)]
        files = {path: _file(self.system, path, record) for path in sorted(paths)}
        return {"files": files, "missing": missing}

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        if seen["missing"]:
            plan.refusals.append(
                Refusal(
                    "artifact-missing",
                    f"{', '.join(seen['missing'])}: neither pinned nor on this node",
                    "Pin them in artifacts_cluster (docs/clusters.md, Artifacts)",
                )
            )
        for artifact in self.spec.artifacts:
            have = seen["files"][artifact.path]
            if have["sha256"] != artifact.sha256 or have["mode"] != artifact.mode:
                plan.steps.append(self._step(artifact, have["sha256"]))

    def _step(self, artifact: Artifact, have: str) -> Step:
        def do() -> None:
            fetch(artifact.url, artifact.sha256, self.system.path(artifact.path), artifact.mode)
            record = _record(self.system)
            record[artifact.path] = [*_times(self.system, artifact.path), artifact.sha256]
            self.system.write_file(RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")

        def proof() -> str | None:
            got = _file(self.system, artifact.path, _record(self.system))["sha256"]
            return None if got == artifact.sha256 else f"{artifact.path} has SHA-256 {got}"

        return Step(
            f"artifact:{artifact.name}", f"from {shown(artifact.url)}", do, proof,
            before=have[:12] or None, after=artifact.sha256[:12],
        )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        files = seen["files"]
        return [
            Check(f"{a.path} is the pinned one", files[a.path]["sha256"] == a.sha256,
                  a.sha256[:12], files[a.path]["sha256"][:12] or None, step=f"artifact:{a.name}",
                  look=f"sha256sum {a.path}")
            for a in self.spec.artifacts
        ]  # fmt: skip


class Images:
    """Images from archives; they come last, as containerd must run."""

    name = "images"

    def __init__(self, system: System, spec: RuntimeSpec) -> None:
        self.system, self.spec = system, spec

    def observe(self) -> dict[str, Any]:
        if not self.spec.images:
            return {"have": {}}
        listed = self.system.run(*CTR, "images", "ls", check=False)
        rows = [line.split() for line in listed.stdout.splitlines()[1:]]
        record = _record(self.system)
        digests = {row[0]: row[2] for row in rows if len(row) > 2}
        # an archive's hash is not the image's digest: the record says which made which
        return {
            "have": {
                name: (record.get(f"image:{name}") or ["", ""])[1]
                for name, digest in digests.items()
                if (record.get(f"image:{name}") or ["", ""])[0] == digest
            }
        }

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        for image in self.spec.images:
            if seen["have"].get(image.name) != image.sha256:
                plan.steps.append(self._step(image, seen["have"].get(image.name)))

    def _step(self, image: Image, have: str | None) -> Step:
        def do() -> None:
            with tempfile.TemporaryDirectory(dir=self.system.path("/var/lib")) as scratch:
                archive = os.path.join(scratch, "image.tar")
                fetch(image.url, image.sha256, archive)
                self.system.run(*CTR, "images", "import", archive, timeout=600)
            listed = self.system.run(*CTR, "images", "ls", f"name=={image.name}").stdout
            rows = [line.split() for line in listed.splitlines()[1:]]
            digest = next((row[2] for row in rows if row[0] == image.name), "")
            record = _record(self.system)
            record[f"image:{image.name}"] = [digest, image.sha256]
            self.system.write_file(RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")

        def proof() -> str | None:
            got = self.observe()["have"].get(image.name)
            return None if got == image.sha256 else f"the archive has no image {image.name}"

        return Step(
            f"image:{image.name}", f"from {shown(image.url)}", do, proof,
            before=(have or "")[:12] or None, after=image.sha256[:12],
        )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        return [
            Check(f"image {image.name}", seen["have"].get(image.name) == image.sha256,
                  image.sha256[:12], (seen["have"].get(image.name) or "")[:12] or None,
                  step=f"image:{image.name}", look="ctr -n k8s.io images ls")
            for image in self.spec.images
        ]  # fmt: skip


def _record(system: System) -> dict[str, Any]:
    """{path: [size, mtime in ns, sha256]} and {"image:NAME": [digest, sha256 of the archive]}."""
    try:
        data = json.loads(system.read(RECORD) or "{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _times(system: System, path: str) -> list[int]:
    found = os.stat(system.path(path))
    return [found.st_size, found.st_mtime_ns]


def _file(system: System, path: str, record: dict[str, Any]) -> dict[str, Any]:
    """Hash and mode; the hash from the record where the file did not change since."""
    try:
        times, mode = _times(system, path), os.stat(system.path(path)).st_mode & 0o7777
    except FileNotFoundError:
        return {"sha256": "", "mode": None}
    known = record.get(path)
    if isinstance(known, list) and known[:2] == times:
        return {"sha256": known[2], "mode": mode}
    return {"sha256": sha256_of(system.path(path)), "mode": mode}

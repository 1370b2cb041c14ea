"""Images with one layer, as archives that containerd imports; the same bytes from the same files.

Format: ``docker save``'s (manifest.json, a configuration, a layer).
"""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

#: Nobody serves it: the lab's nodes get these images from archives.
REGISTRY = "registry.lab"


@dataclass(frozen=True)
class Image:
    """files: {path in the image: path here}; links: {path in the image: target}."""

    name: str
    tag: str
    entry: tuple[str, ...]
    files: Mapping[str, Path]
    links: Mapping[str, str]

    @property
    def reference(self) -> str:
        return f"{REGISTRY}/{self.name}:{self.tag}"


def wanted(programs: Mapping[str, Path], versions: Mapping[str, str]) -> list[Image]:
    """All images; *programs* and *versions* (by module) as the depot built them."""
    kubernetes, etcd = versions["kubernetes"], versions["etcd"].removeprefix("v")
    busybox = _busybox()
    found = [
        _program(name, kubernetes, programs)
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    ]
    found.append(
        Image(
            "etcd", f"{etcd}-0", ("/usr/local/bin/etcd",),
            {f"usr/local/bin/{name}": programs[name] for name in ("etcd", "etcdctl", "etcdutl")},
            {},
        )
    )  # fmt: skip
    tools = {"bin/busybox": busybox}
    found.append(Image("pause", "3.10.2", ("/bin/busybox", "sleep", "inf"), tools, {}))
    names = ("sh", "sleep", "nc", "wget", "httpd", "ping", "ip", "ls", "cat", "ps", "hostname")
    links = {f"bin/{name}": "busybox" for name in names}
    found.append(Image("toolbox", "1", ("/bin/busybox", "sleep", "inf"), tools, links))
    return found


def _program(name: str, version: str, programs: Mapping[str, Path]) -> Image:
    return Image(
        name, version, (f"/usr/local/bin/{name}",), {f"usr/local/bin/{name}": programs[name]}, {}
    )


def _busybox() -> Path:
    path = shutil.which("busybox", path="/usr/bin:/bin")
    if not path:
        raise LabError("busybox: not found; run: scripts/lab packages")
    return Path(path)


def write(image: Image, archive: Path) -> None:
    """Write the archive; it appears whole."""
    layer = _layer(image)
    layer_hash = hashlib.sha256(layer).hexdigest()
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "created": "1970-01-01T00:00:00Z",
        "config": {"Entrypoint": list(image.entry), "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_hash}"]},
        "history": [{"created": "1970-01-01T00:00:00Z"}],
    }).encode()  # fmt: skip
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [
        {"Config": config_name, "RepoTags": [image.reference], "Layers": [f"{layer_hash}.tar"]}
    ]
    partial = archive.with_name(f".{archive.name}")
    with tarfile.open(partial, "w") as out:
        for name, data in (
            (config_name, config),
            (f"{layer_hash}.tar", layer),
            ("manifest.json", json.dumps(manifest).encode()),
        ):
            _add(out, name, data, 0o644)
    partial.rename(archive)


def _layer(image: Image) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        folders = {"tmp"}
        for path in (*image.files, *image.links):
            parts = Path(path).parent.parts
            folders |= {"/".join(parts[: n + 1]) for n in range(len(parts))}
        for folder in sorted(folders):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            layer.addfile(entry)
        for path, source in sorted(image.files.items()):
            _add(layer, path, source.read_bytes(), 0o755)
        for path, target in sorted(image.links.items()):
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            layer.addfile(entry)
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, data: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    archive.addfile(entry, io.BytesIO(data))

"""Images as archives that containerd imports; the same bytes from the same files.

Format: ``docker save``'s (manifest.json, a configuration, a layer).
"""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lab.depot import trees
from lab.errors import LabError

#: What pods of tests and benchmarks run.
TOOLS = (
    "busybox-static", "iproute2", "iputils-ping", "iperf3", "perftest", "ibverbs-utils",
    "ibverbs-providers", "rdma-core", "python3", "ca-certificates",
)  # fmt: skip
#: Programs of busybox that the packages above do not bring.
APPLETS = ("sh", "sleep", "nc", "wget", "httpd", "ls", "cat", "ps", "hostname", "grep", "env")

#: Nobody serves it: the lab's nodes get these images from archives.
REGISTRY = "registry.lab"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Image:
    """files: {path in the image: path here}; links: {path in the image: target}.

    base  a layer below them: a tar.
    """

    name: str
    tag: str
    entry: tuple[str, ...]
    files: Mapping[str, Path]
    links: Mapping[str, str]
    base: Path | None = None

    @property
    def reference(self) -> str:
        return f"{REGISTRY}/{self.name}:{self.tag}"


def wanted(programs: Mapping[str, Path], versions: Mapping[str, str]) -> list[Image]:
    """All images; *programs* and *versions* (by module) as the depot built them."""
    kubernetes, etcd = versions["kubernetes"], versions["etcd"].removeprefix("v")
    found = [
        _program(name, kubernetes, programs)
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    ]
    # netbase: nft names protocols by /etc/protocols; without it kube-proxy does not know its own
    # rules again, and takes them out an hour after its start, or at its next
    proxy = _program("kube-proxy", kubernetes, programs)
    found.append(replace(proxy, base=trees.ensure(["netbase", "nftables"])))
    found.append(_program("coredns", versions["coredns"], programs))
    found.append(
        Image(
            "etcd", f"{etcd}-0", ("/usr/local/bin/etcd",),
            {f"usr/local/bin/{name}": programs[name] for name in ("etcd", "etcdctl", "etcdutl")},
            {},
        )
    )  # fmt: skip
    found.append(
        Image("pause", "3.10.2", ("/bin/busybox", "sleep", "inf"), {"bin/busybox": _busybox()}, {})
    )
    applets = {f"usr/local/bin/{name}": "/usr/bin/busybox" for name in APPLETS}
    applets |= {"usr/bin/sh": "busybox"}
    found.append(
        Image(
            "toolbox", "1", ("/usr/bin/busybox", "sleep", "inf"), {}, applets, trees.ensure(TOOLS)
        )
    )
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
    layers = [_layer(image)] if image.files or image.links else []
    layers = [*([image.base.read_bytes()] if image.base else []), *layers]
    hashes = [hashlib.sha256(layer).hexdigest() for layer in layers]
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "created": "1970-01-01T00:00:00Z",
        "config": {"Entrypoint": list(image.entry), "Env": [f"PATH={PATH}"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{each}" for each in hashes]},
        "history": [{"created": "1970-01-01T00:00:00Z"} for _ in layers],
    }).encode()  # fmt: skip
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    names = [f"{each}.tar" for each in hashes]
    manifest = [{"Config": config_name, "RepoTags": [image.reference], "Layers": names}]
    partial = archive.with_name(f".{archive.name}")
    with tarfile.open(partial, "w") as out:
        for name, data in (
            (config_name, config),
            *zip(names, layers, strict=True),
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

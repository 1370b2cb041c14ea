"""The list of artifacts that the lab's inventory takes: as group_vars' own, from the depot."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from lab.cni import lab_rxe
from lab.depot import build, engine, images
from lab.depot.modules import MODULES, Module
from lab.locks import lock
from lab.paths import cache_root

#: Program → folder on a node.
PLACES = {
    **dict.fromkeys(
        (
            "kubelet",
            "kubeadm",
            "kubectl",
            "containerd",
            "containerd-shim-runc-v2",
            "ctr",
            "etcdctl",
            "etcdutl",
        ),
        "/usr/local/bin",
    ),
    **dict.fromkeys(
        ("bridge", "macvlan", "ipvlan", "loopback", "host-local", "static", "portmap", "tuning"),
        "/opt/cni/bin",
    ),
    "multus": "/opt/cni/bin",
}
#: Images that a worker has no use for; in an emulated machine each takes a minute.
CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
#: The lab's own programs, as they are.
OWN = {"lab-rxe": (Path(lab_rxe.__file__), "/opt/cni/bin")}


def make(base: str, modules: tuple[Module, ...] = MODULES) -> dict[str, Any]:
    """``{files, images, repository, sandbox_image, etcd_tag, federation}``; *base*: URL of the

    depot's folder. *federation* is for another variable: ``{chart, images}``. Builds what is
    missing.
    """
    programs = build.ensure(modules)
    versions = {module.name: module.version for module in modules}
    root = cache_root() / "depot"
    hashes = Hashes(root / "sha256.json")
    federation = engine.found()
    made = images.wanted(programs, versions)
    made += {i.reference: i for i in federation.images.values()}.values()
    contents = [
        (i.reference, i.entry, [hashes.of(path) for path in i.files.values()], i.links,
         i.base and hashes.of(i.base))
        for i in made
    ]  # fmt: skip
    recipe = Path(images.__file__).read_bytes()
    recipe += b"".join(source.read_bytes() for source, _ in OWN.values())
    key = hashlib.sha256(repr(contents).encode() + recipe).hexdigest()[:16]
    folder = root / f"images-{key}"
    with lock(cache_root() / "depot.lock", "images are being made"):
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        for image in made:
            if not archive(folder, image).exists():
                images.write(image, archive(folder, image))
    for name, (source, _) in OWN.items():
        if not (folder / name).exists():
            shutil.copy2(source, folder / name)
    chart = engine.pack(federation.chart, folder, federation.name)
    listing = {
        "files": [
            {"name": name, "url": f"{base}/{programs[name].relative_to(root)}",
             "sha256": hashes.of(programs[name]), "path": f"{place}/{name}"}
            for name, place in PLACES.items() if name in programs
        ] + [
            {"name": name, "url": f"{base}/{(folder / name).relative_to(root)}",
             "sha256": hashes.of(folder / name), "path": f"{place}/{name}"}
            for name, (_, place) in OWN.items()
        ],
        "images": [
            {"name": image.reference, "sha256": hashes.of(archive(folder, image)),
             "url": f"{base}/{archive(folder, image).relative_to(root)}",
             **({"role": "control-plane"} if image.name in CONTROL_PLANE else {})}
            for image in made
        ],
        "repository": images.REGISTRY,
        "sandbox_image": next(i.reference for i in made if i.name == "pause"),
        "etcd_tag": next(i.tag for i in made if i.name == "etcd"),
        "federation": {
            "chart": {
                "source": str(chart),
                "sha256": hashlib.sha256(chart.read_bytes()).hexdigest(),
            },
            "images": {name: image.reference for name, image in federation.images.items()},
        },
    }  # fmt: skip
    hashes.save()
    return listing


def archive(folder: Path, image: images.Image) -> Path:
    return folder / f"{image.name}-{image.tag}.tar"


class Hashes:
    """SHA-256 of files that do not change once they are there."""

    def __init__(self, store: Path) -> None:
        self.store = store
        try:
            self.known: dict[str, str] = json.loads(store.read_text())
        except (OSError, ValueError):
            self.known = {}

    def of(self, path: Path) -> str:
        """Looked up by path, size and time."""
        found = path.stat()
        key = f"{path} {found.st_size} {found.st_mtime_ns}"
        if key not in self.known:
            with path.open("rb") as handle:
                self.known[key] = hashlib.file_digest(handle, "sha256").hexdigest()
        return self.known[key]

    def save(self) -> None:
        self.store.write_text(json.dumps(self.known, indent=1, sort_keys=True) + "\n")

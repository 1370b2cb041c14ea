"""Build the image once for each content of its inputs."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from lab import hostpackages
from lab.command import logged
from lab.image import disk, packages
from lab.locks import lock
from lab.paths import cache_root
from lab.progress import phase, say

HERE = Path(__file__).resolve().parent


def key() -> str:
    """Hash of everything the image is made from, without dates."""
    digest = hashlib.sha256()
    for path in sorted(HERE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(HERE)}\0{path.stat().st_mode & 0o111}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def path(image_key: str) -> Path:
    return cache_root() / "image" / image_key / "disk.qcow2"


def ensure() -> Path:
    """The image's path; built first if no image with these inputs is in the cache."""
    result = path(key())
    if result.exists():
        return result
    with lock(cache_root() / "image.lock", "the image is being built"):
        if not result.exists():
            build(result)
    return result


def build(result: Path) -> None:
    """Build in a temporary directory and move the result into place."""
    log = cache_root() / "image.log"
    log.unlink(missing_ok=True)
    say(f"building the image (log: {log})")
    cache_root().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_root(), prefix="image-build-") as scratch:
        work = Path(scratch)
        work.chmod(0o755)  # apt's own user must reach the tree
        tree = work / "root"
        with phase("image: packages"):
            bootstrap(tree, log)
        with phase("image: disk"):
            disk.make(tree, work / "disk.qcow2", log)
        shutil.rmtree(tree)
        result.parent.mkdir(parents=True, exist_ok=True)
        (work / "disk.qcow2").rename(result)


def bootstrap(tree: Path, log: Path) -> None:
    """The root file system as a directory tree."""
    env = {
        **os.environ,
        "FILES": str(HERE / "files"),
        "INDEX": str(HERE / "repository.py"),
        "REPOSITORY": " ".join(packages.REPOSITORY),
        "ROOT_UUID": disk.ROOT_UUID,
    }
    logged(
        ["mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory", "--skip=cleanup/apt"]
        + [f"--aptopt={option}" for option in packages.APT_OPTIONS]
        + [f"--dpkgopt={option}" for option in packages.DPKG_OPTIONS]
        + [f"--include={','.join(packages.INSTALLED)}"]
        + [f"--customize-hook={HERE / 'customize.sh'}"]
        + [packages.RELEASE, tree, hostpackages.debian_mirror()],
        log,
        env=env,
    )

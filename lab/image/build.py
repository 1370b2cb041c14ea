"""Build the image once for each content of its inputs."""

import hashlib
import os
import shlex
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import cache
from lab.image import disk, modules, packages
from lab.image.bootstrap import bootstrap
from lab.image.packages import Variant
from lab.locks import lock
from lab.paths import cache_root
from lab.progress import phase, say

HERE = Path(__file__).resolve().parent


def key(variant: str = "host") -> str:
    """Hash of everything the image is made from, without dates."""
    digest = hashlib.sha256(variant.encode())
    for path in sorted(HERE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(HERE)}\0{path.stat().st_mode & 0o111}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def path(image_key: str) -> Path:
    return cache_root() / "image" / image_key / "disk.qcow2"


def ensure(variant: str = "host") -> Path:
    """The image's path; built first if no image with these inputs is in the cache."""
    result = path(key(variant))
    if result.exists():
        os.utime(result.parent)
        return result
    with lock(cache_root() / "image.lock", "the image is being built"):
        if not result.exists():
            cache.forget_unused()
            build(result, packages.VARIANTS[variant])
    return result


def build(result: Path, variant: Variant) -> None:
    """Build in a temporary directory and move the result into place."""
    log, module_log = cache_root() / "image.log", cache_root() / "image-module.log"
    for old in (log, module_log):
        old.unlink(missing_ok=True)
    say(f"building the {variant.name} image (log: {log})")
    cache_root().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_root(), prefix="image-build-") as scratch:
        work = Path(scratch)
        work.chmod(0o755)  # apt's own user must reach the tree
        tree, module_root = work / "root", work / "module"
        with phase("image: packages and kernel modules"), ThreadPoolExecutor() as pool:
            module = pool.submit(modules.build, module_root, variant, module_log)
            bootstrap(tree, variant.include, log, *customize(), backports=variant.backports)
            module.result()
        with phase("image: disk"):
            modules.install(module_root, tree, variant, log)
            disk.make(tree, work / "disk.qcow2", log)
        for done in (tree, module_root):
            shutil.rmtree(done, ignore_errors=True)
        result.parent.mkdir(parents=True, exist_ok=True)
        (work / "disk.qcow2").rename(result)


def customize() -> tuple[str, ...]:
    """mmdebstrap's options for the image itself; the hook takes the rest as environment."""
    values = {
        "FILES": HERE / "files",
        "INDEX": HERE / "repository.py",
        "REPOSITORY": " ".join(packages.REPOSITORY),
        "ROOT_UUID": disk.ROOT_UUID,
    }
    hook = "env " + " ".join(f"{name}={shlex.quote(str(value))}" for name, value in values.items())
    # The image keeps its apt lists: they are of its own repository.
    return ("--skip=cleanup/apt", f'--customize-hook={hook} {HERE / "customize.sh"} "$1"')

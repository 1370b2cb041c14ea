"""Build what is not in the cache yet, and say how far it is."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from lab.command import capture, tail
from lab.depot.modules import MODULES, Module
from lab.errors import LabError
from lab.locks import lock
from lab.paths import cache_root
from lab.progress import say

#: Seconds between two lines of progress.
EVERY = 20
OLDEST = (1, 26)
#: Where go.dev's own installation is, whether a shell's profile says so or not.
PATH = f"{os.environ.get('PATH', '/usr/bin:/bin')}:/usr/local/go/bin"


def place(module: Module, compiler: str) -> Path:
    """Folder of the module's programs."""
    return cache_root() / "depot" / f"{module.name}-{module.version}-{module.key(compiler)}"


def ensure(modules: Iterable[Module] = MODULES) -> dict[str, Path]:
    """Program → path, of all programs of *modules*; built first where they are missing."""
    compiler = go_version()
    found: dict[str, Path] = {}
    for module in modules:
        folder = place(module, compiler)
        if not folder.exists():
            with lock(cache_root() / "depot.lock", f"{module.name} is being built"):
                if not folder.exists():
                    build(module, folder)
        os.utime(folder)
        found |= {program: folder / program for program in module.programs}
    return found


def go_version() -> str:
    """What ``go version`` says. LabError without Go, or with one that is too old."""
    if not shutil.which("go", path=PATH):
        raise LabError(
            f"Go {OLDEST[0]}.{OLDEST[1]} or newer is needed for the lab's clusters and is not in "
            "PATH: install it from go.dev or the distribution"
        )
    words = capture(["env", f"PATH={PATH}", "go", "env", "GOVERSION", "GOOS", "GOARCH"]).split()
    numbers = tuple(int(part) for part in words[0].removeprefix("go").split(".")[:2])
    if numbers < OLDEST:
        raise LabError(f"{words[0]} is too old for the lab's clusters: Go 1.26 is needed")
    return " ".join(words)


def build(module: Module, folder: Path) -> None:
    """Build in a temporary directory and move the result into place."""
    log = cache_root() / f"depot-{module.name}.log"
    say(f"building {module.name} {module.version} (log: {log})")
    folder.parent.mkdir(parents=True, exist_ok=True)
    env = {
        **os.environ,
        "PATH": PATH,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly",
        "GOTOOLCHAIN": "local",
    }
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".build-") as scratch:
        result = Path(scratch) / "bin"
        result.mkdir()
        # machines that run beside it come first
        build = ["nice", "-n", "10", "go", "build", "-v", *module.flags()]
        _watch(module, [*build, "-o", f"{result}/", *module.packages], log, env)
        for package in module.packages:
            built, wanted = _default_name(package), module.program(package)
            if built != wanted:
                (result / built).rename(result / wanted)
        result.rename(folder)


def _watch(module: Module, argv: list[str], log: Path, env: dict[str, str]) -> None:
    listed = subprocess.run(
        ["env", "go", "list", "-deps", *module.packages],
        cwd=module.folder, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        log.write_text(listed.stderr)
        raise LabError(f"{module.name}: its sources cannot be had\n{tail(log)}")
    total = len(listed.stdout.splitlines())
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv, cwd=module.folder, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            said = time.monotonic()
            while process.poll() is None:
                time.sleep(0.5)
                if time.monotonic() - said >= EVERY:
                    said = time.monotonic()
                    done = log.read_bytes().count(b"\n")
                    say(f"{module.name}: {done} of at most {total} packages")
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if process.returncode:
        raise LabError(f"{module.name}: go build: exit {process.returncode}\n{tail(log)}")


def _default_name(package: str) -> str:
    """As ``go build`` names a program: the last element that is no version."""
    *rest, last = package.split("/")
    return rest[-1] if last[0] == "v" and last[1:].isdigit() else last

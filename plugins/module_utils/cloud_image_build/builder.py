"""One build by diskimage-builder: alone with its mounts, under a temporary name.

The build has namespaces of its own for mounts and processes, and ends with the process that began
it. What such an end leaves is its folder and a loop device; the next run takes both away.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from ..fetch import sha256_of
from ..system import System
from . import programs, venv
from .recipe import PLACE, Recipe, arguments, elements_of, environment
from .record import Record

_BEGIN = ".building-"
#: What a failed build says after the reason: its own tidying up.
_NOISE = re.compile(r"INFO |DEBUG |\*\*\* |(\S+/)?umount|Traceback|\s|\+|Building in|$")
_REASON = re.compile(r"ERROR: |[Ee]rror: |.*(?i: error:|failed|cannot|unable|no such)")
#: Ends with this process; mounts and processes are its own.
_ALONE = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private",
          "--pid", "--fork", "--kill-child", "--mount-proc"]  # fmt: skip
_PROXIES = ("http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True)
class Builder:
    """kit: the checkout. cache: where the virtual environment is. folder: of the images.

    timeout  seconds for one image.
    """

    system: System
    kit: str
    cache: str
    folder: str
    mirrors: Mapping[str, str]
    timeout: int = 3600

    def problem(self, wanted: Mapping[str, Recipe]) -> tuple[str, str] | None:
        return programs.problem(
            self.system, os.geteuid(), [recipe["firmware"] for recipe in wanted.values()]
        )

    def leftovers(self) -> list[str]:
        return sorted(glob.glob(os.path.join(glob.escape(self.folder), f"{_BEGIN}*")))

    def clean(self, leftover: str) -> None:
        """Its loop devices, then its files. RuntimeError where a mount of others is in the way."""
        for backing in self.system.glob("/sys/block/loop*/loop/backing_file"):
            if (self.system.read(backing) or "").startswith(os.path.realpath(leftover) + "/"):
                device = backing.split("/")[3]
                self.system.run("partx", "--delete", f"/dev/{device}", check=False)
                self.system.run("losetup", "--detach", f"/dev/{device}")
                for link in self.system.glob(f"/dev/mapper/{device}p*"):
                    self.system.remove(link)
        inside = os.path.realpath(leftover) + "/"
        for line in (self.system.read("/proc/self/mountinfo") or "").splitlines():
            if line.split()[4].startswith(inside):
                raise RuntimeError(f"{line.split()[4]} is mounted: umount it, then run again")
        shutil.rmtree(leftover)

    def build(self, name: str, recipe: Recipe, key: str) -> Record:
        tool = venv.ensure(self.system, self.kit, self.cache)
        work = os.path.join(self.folder, f"{_BEGIN}{name}")
        log = os.path.join(self.folder, f"{name}.log")
        for each in ("tmp", "cache", "locks"):
            os.makedirs(os.path.join(work, each))
        output = os.path.join(work, "image")
        try:
            self._run([f"{tool}/bin/disk-image-create", *arguments(recipe, output)],
                      self._environment(recipe, work, tool), work, log)  # fmt: skip
            made = f"{output}.{recipe['disk_format']}"
            with open(f"{output}.packages", encoding="utf-8") as file:
                packages = file.read().splitlines()
            with open(made, "rb") as file:
                os.fsync(file.fileno())
            target = os.path.join(self.folder, f"{name}.{recipe['disk_format']}")
            sha256, found = sha256_of(made), os.stat(made)
            os.replace(made, target)
        finally:
            self.clean(work)
        return Record(
            key, os.path.basename(target), sha256, found.st_size, found.st_mtime_ns, recipe,
            venv.version(self.kit), packages,
        )  # fmt: skip

    def _environment(self, recipe: Recipe, work: str, tool: str) -> dict[str, str]:
        path = [os.path.join(self.kit, PLACE, "bin"), f"{tool}/bin", *programs.PATH]
        own = {
            "PATH": ":".join(path), "HOME": work, "TMP_DIR": f"{work}/tmp",
            "DIB_IMAGE_CACHE": f"{work}/cache", "DIB_LOCKFILES": f"{work}/locks",
            "ELEMENTS_PATH": elements_of(self.kit), "LC_ALL": "C",
        }  # fmt: skip
        passed = {name: os.environ[name] for name in _PROXIES if name in os.environ}
        return {**passed, **own, **environment(recipe, self.mirrors)}

    def _run(self, command: list[str], env: dict[str, str], work: str, log: str) -> None:
        with open(log, "wb", opener=_private) as out:  # a proxy's password may be in it
            process = subprocess.Popen(
                [*_ALONE, *command], cwd=work, env=env, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                status = process.wait(self.timeout)
            except subprocess.TimeoutExpired:
                raise RuntimeError(f"no end after {self.timeout} s; log: {log}") from None
            finally:
                process.kill()
                process.wait()
        if status:
            raise RuntimeError(f"diskimage-builder: {last_words(log)}; log: {log}")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def last_words(log: str) -> str:
    """The line of a failed build's log that says why."""
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = [line.rstrip() for line in file.readlines()[-80:]]
    lines = [line for line in lines if not _NOISE.match(line)]
    apt = [line for line in lines if line.startswith("E: ")]  # the first says most
    reasons = [line for line in lines if _REASON.match(line)]
    return (apt[:1] or (reasons or lines or ["no word"])[-1:])[0][:300]

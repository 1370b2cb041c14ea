"""How a distribution keeps the kernel's command line: GRUB's files, or grubby."""

from __future__ import annotations

import re
import shlex
from typing import Any, Protocol

from ..system import System
from .part import HEADER

GRUB_DEFAULTS = "/etc/default/grub"
GRUB_FOLDER = "/etc/default/grub.d"
GRUB_OWN = f"{GRUB_FOLDER}/70-slipway.cfg"
GRUB_CFG = "/boot/grub/grub.cfg"
PROGRAM_FOLDERS = ("/usr/sbin", "/sbin", "/usr/bin", "/bin")
ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?(GRUB_CMDLINE_LINUX(?:_DEFAULT)?)(\+?=)(.*)$")


class BootLoader(Protocol):
    """Facts: name; file, the kit's own (text); entries, each entry's arguments; foreign,
    [{argument, where}] configured by others; overrides, places that undo the kit's file."""

    name: str

    def observe(self, own: set[str]) -> dict[str, Any]:
        """*own*: the arguments that the kit has set."""
        ...

    def configure(self, wanted: list[str], stale: list[str]) -> None: ...


def installed(system: System, program: str) -> bool:
    return any(system.exists(f"{folder}/{program}") for folder in PROGRAM_FOLDERS)


def boot_loader(system: System) -> BootLoader | None:
    """The mechanism of this host; None if the kit does not know it."""
    if installed(system, "update-grub") and system.exists(GRUB_CFG):
        return Grub(system)
    if installed(system, "grubby"):
        return Grubby(system)
    return None


class Grub:
    """Debian and Ubuntu: an own file in /etc/default/grub.d, then update-grub."""

    name = "grub"

    def __init__(self, system: System) -> None:
        self.system = system

    def text(self, wanted: list[str]) -> str | None:
        """The kit's file; None where it has nothing to say."""
        if not wanted:
            return None
        return f'{HEADER}GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX {" ".join(wanted)}"\n'

    def observe(self, own: set[str]) -> dict[str, Any]:
        foreign, overrides = [], []
        names = [GRUB_DEFAULTS, *self.system.glob(f"{GRUB_FOLDER}/*.cfg")]
        for path in names:
            if path == GRUB_OWN:
                continue
            for number, line in enumerate((self.system.read(path) or "").splitlines(), 1):
                match = ASSIGNMENT.match(line)
                if not match:
                    continue
                variable, operator, value = match.groups()
                where = f"{path}:{number}"
                foreign += [{"argument": a, "where": where} for a in _words(value)]
                keeps = operator == "+=" or f"${variable}" in value.replace("{", "")
                late = path.startswith(GRUB_FOLDER) and path > GRUB_OWN
                if late and variable == "GRUB_CMDLINE_LINUX" and not keeps:
                    overrides.append(where)
        return {
            "name": self.name,
            "file": self.system.read(GRUB_OWN),
            "entries": grub_entries(self.system.read(GRUB_CFG) or ""),
            "foreign": foreign,
            "overrides": overrides,
        }

    def configure(self, wanted: list[str], stale: list[str]) -> None:
        text = self.text(wanted)
        if text is None:
            self.system.remove(GRUB_OWN)
        else:
            self.system.write_file(GRUB_OWN, text)
        self.system.run("update-grub", timeout=900)


def grub_entries(text: str) -> list[list[str]]:
    """The arguments of every Linux entry in a grub.cfg, other systems' entries left out."""
    sections = re.findall(r"### BEGIN \S*/10_linux ###\n(.*?)### END \S*/10_linux ###", text, re.S)
    found = []
    for line in "\n".join(sections or [text]).splitlines():
        words = line.split()
        if len(words) > 2 and words[0] in ("linux", "linuxefi") and "root=" in line:
            found.append([w for w in words[2:] if not w.startswith("$")])
    return found


class Grubby:
    """RHEL and its relatives: grubby changes the entries and what new kernels inherit."""

    name = "grubby"

    def __init__(self, system: System) -> None:
        self.system = system

    def observe(self, own: set[str]) -> dict[str, Any]:
        entries, foreign = [], []
        kernel = "?"
        for line in self.system.run("grubby", "--info=ALL").stdout.splitlines():
            name, _, value = line.partition("=")
            if name == "kernel":
                kernel = value.strip('"')
            if name == "args":
                words = [w for w in value.strip('"').split() if not w.startswith("$")]
                entries.append(words)
                foreign += [
                    {"argument": w, "where": f"boot entry {kernel}"} for w in words if w not in own
                ]
        return {
            "name": self.name,
            "file": None,
            "entries": entries,
            "foreign": foreign,
            "overrides": [],
        }

    def configure(self, wanted: list[str], stale: list[str]) -> None:
        command = ["grubby", "--update-kernel=ALL"]
        if stale:
            command.append(f"--remove-args={' '.join(stale)}")
        if wanted:
            command.append(f"--args={' '.join(wanted)}")
        if len(command) > 2:
            self.system.run(*command, timeout=300)


def _words(value: str) -> list[str]:
    """The arguments in a shell assignment's value; variables are somebody else's line."""
    try:
        inner = " ".join(shlex.split(value, comments=True))
    except ValueError:
        inner = value.strip("\"'")
    return [word for word in inner.split() if not word.startswith("$")]

"""Kernel parameters of the machine that nodes change, wherever they run: put back afterwards."""

import json
from pathlib import Path

from lab.command import capture
from lab.node.podman import RUN, podman

NAMES = (
    "vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes", "fs/inotify/max_user_instances",
)  # fmt: skip
#: A node takes about 40, and the kernel gives all of root's together 128.
INOTIFY = 4096
ROOT = Path("/proc/sys")
#: Beside podman's own state: a reboot of the machine takes both.
SAVED = RUN.parent / "sysctls.json"


def save() -> None:
    """Before the first node of any instance starts; room for several then."""
    known = json.loads(SAVED.read_text()) if SAVED.exists() else {}
    found = {name: (ROOT / name).read_text() for name in NAMES if name not in known}
    if found:
        SAVED.parent.mkdir(parents=True, exist_ok=True)
        SAVED.write_text(json.dumps(known | found))
    limit = ROOT / "fs/inotify/max_user_instances"
    if int(limit.read_text()) < INOTIFY:
        limit.write_text(f"{INOTIFY}\n")


def restore() -> None:
    """After the last node of all instances has stopped."""
    if not SAVED.exists() or capture(podman("ps", "--quiet")).strip():
        return
    for name, value in json.loads(SAVED.read_text()).items():
        (ROOT / name).write_text(value)
    SAVED.unlink()

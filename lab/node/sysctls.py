"""Kernel parameters of the machine that kubelet sets, wherever it runs: put back afterwards."""

import json
from pathlib import Path

from lab.command import capture
from lab.node.podman import RUN, podman

NAMES = (
    "vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes",
)  # fmt: skip
ROOT = Path("/proc/sys")
#: Beside podman's own state: a reboot of the machine takes both.
SAVED = RUN.parent / "sysctls.json"


def save() -> None:
    """Before the first node of any instance starts."""
    if not SAVED.exists():
        SAVED.parent.mkdir(parents=True, exist_ok=True)
        SAVED.write_text(json.dumps({name: (ROOT / name).read_text() for name in NAMES}))


def restore() -> None:
    """After the last node of all instances has stopped."""
    if not SAVED.exists() or capture(podman("ps", "--quiet")).strip():
        return
    for name, value in json.loads(SAVED.read_text()).items():
        (ROOT / name).write_text(value)
    SAVED.unlink()

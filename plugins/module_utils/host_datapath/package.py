"""The engine as one file that a host can run: the same bytes for the same sources.

Runs on the controller.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
import zipfile
from pathlib import Path

#: The host's own Python.
SHEBANG = b"#!/usr/bin/python3\n"
#: ``slipway-datapath rdma …`` is host_rdma's command.
MAIN = """import sys

if sys.argv[1:2] == ["rdma"]:
    from slipway.host_rdma.cli import main

    raise SystemExit(main(sys.argv[2:]))

from slipway.host_datapath.cli import main

raise SystemExit(main())
"""
_HERE = Path(__file__).resolve().parent
#: What the engine stands on, beside its own package.
_SHARED = ("converge.py", "fetch.py", "ssh_connection.py", "system.py")
#: Subjects in the archive.
_SUBJECTS = ("host_datapath", "host_kernel", "host_rdma")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def sources() -> dict[str, bytes]:
    """Name in the archive → content, sorted."""
    files = {f"slipway/{name}": (_HERE.parent / name).read_bytes() for name in _SHARED}
    for subject in _SUBJECTS:
        for path in (_HERE.parent / subject).rglob("*.py"):
            if path != Path(__file__).resolve():
                name = path.relative_to(_HERE.parent).as_posix()
                files[f"slipway/{name}"] = path.read_bytes()
    files["slipway/__init__.py"] = b""
    files["__main__.py"] = MAIN.encode()
    return dict(sorted(files.items()))


def build() -> bytes:
    """The zipapp. Not compressed: zlib's output differs between its versions."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sources().items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, content)
    return SHEBANG + stream.getvalue()


def build_into(folder: str) -> str:
    """Write the zipapp into *folder*, named after its content; returns the path."""
    content = build()
    target = Path(folder) / f"slipway-datapath-{hashlib.sha256(content).hexdigest()[:16]}.pyz"
    if target.exists():
        return str(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    # forks of one run build at the same time
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".slipway-datapath-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    return str(target)

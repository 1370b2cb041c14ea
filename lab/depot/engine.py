"""The federation's engine for the lab: Admiralty's components from a folder that is given, else
the double of tests/engine_double.

The folder (SLIPWAY_ADMIRALTY_DIR) has ``bin/agent``, ``bin/scheduler`` and ``chart/``.
"""

import gzip
import hashlib
import io
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

from lab.depot import trees
from lab.depot.images import TOOLS, Image
from lab.errors import LabError
from lab.paths import CHECKOUT
from lab.progress import say

VARIABLE = "SLIPWAY_ADMIRALTY_DIR"
DOUBLE = CHECKOUT / "tests" / "engine_double"


@dataclass(frozen=True)
class Engine:
    """images: by what the role calls them; chart: its folder."""

    name: str
    images: dict[str, Image]
    chart: Path


def found() -> Engine:
    """The engine of this lab; LabError where the folder has not all of it."""
    given = os.environ.get(VARIABLE)
    if not given:
        say(
            f"federation: the engine is the DOUBLE of tests/; {VARIABLE} names a folder of the real"
        )
        return _double()
    folder = Path(given)
    programs = {name: folder / "bin" / name for name in ("agent", "scheduler")}
    chart = folder / "chart"
    for path in (*programs.values(), chart / "Chart.yaml"):
        if not path.exists():
            raise LabError(f"{VARIABLE}: {path} is missing")
    images = {
        name: Image(f"admiralty-{name}", "0.17.0", (f"/usr/local/bin/{name}",),
                    {f"usr/local/bin/{name}": path}, {})
        for name, path in programs.items()
    }  # fmt: skip
    return Engine("admiralty", images, chart)


def _double() -> Engine:
    parts = CHECKOUT / "plugins" / "module_utils"
    files = {f"opt/double/slipway/{name}": parts / name for name in ("kube_api.py", "system.py")}
    files["opt/double/engine_double.py"] = DOUBLE / "engine_double.py"
    start = ("/usr/bin/python3", "/opt/double/engine_double.py")
    image = Image("engine-double", "1", start, files, {}, trees.ensure(TOOLS))
    return Engine("double", {"agent": image, "scheduler": image}, DOUBLE / "chart")


def pack(chart: Path, folder: Path, name: str) -> Path:
    """A chart as Helm packs it, under a name by its content: labs of several checkouts share it."""
    buffer = io.BytesIO()
    with (
        # not gzip.compress: its header is not the same in all versions of Python
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as stream,
        tarfile.open(fileobj=stream, mode="w") as packed,
    ):
        for path in sorted(chart.rglob("*")):
            if path.is_file():
                entry = tarfile.TarInfo(f"engine/{path.relative_to(chart)}")
                data = path.read_bytes()
                entry.size, entry.mode = len(data), 0o644
                packed.addfile(entry, io.BytesIO(data))
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    archive = folder / f"{name}-{digest[:16]}.tgz"
    archive.write_bytes(buffer.getvalue())
    return archive

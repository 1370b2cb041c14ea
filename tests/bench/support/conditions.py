"""Under which conditions a figure was measured, and where figures are kept."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[3]
PLACE = CHECKOUT / ".logs" / "bench"


def conditions() -> dict[str, Any]:
    """Machine, versions, commit, and how busy the machine was when this was called."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=CHECKOUT, capture_output=True, text=True
    )
    return {
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit.stdout.strip() or "unknown",
        "processor": processor(),
        "cores": os.cpu_count(),
        "load_average": [round(value, 1) for value in os.getloadavg()],
        "python": platform.python_version(),
        "ansible_core": version("ansible-core"),
        "kernel": platform.release(),
    }


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def record(name: str, result: dict[str, Any]) -> Path:
    """Keep a benchmark's result with its conditions; the file's path."""
    PLACE.mkdir(parents=True, exist_ok=True)
    when = result["conditions"]["time"].replace(":", "")
    path = PLACE / f"{name}-{when}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    return path


def table(heading: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Columns for people, numbers to the right."""
    widths = [max(len(row[n]) for row in (heading, *rows)) for n in range(len(heading))]
    lines = ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in
             (heading, *rows)]  # fmt: skip
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)

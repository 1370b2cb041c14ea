"""A chart of Helm, found, checked and rendered on the controller by Helm's own library."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


class ChartError(RuntimeError):
    """The chart is not there, is not the pinned one, or Helm refuses it."""


def render(
    source: str, version: str, sha256: str, values: Mapping[str, Any], name: str, namespace: str
) -> list[dict[str, Any]]:
    """All objects of the chart, in the order of its files. Raises ChartError.

    source  path of a packed chart (.tgz), or its oci:// reference; version: of the reference.
    sha256  of the packed chart.
    """
    import helm_python  # of the controller's environment only

    try:
        with tempfile.TemporaryDirectory(prefix="slipway-chart-") as scratch:
            path = Path(source)
            if source.startswith("oci://"):
                helm_python.pull(source, version=version, destination=scratch)
                path = next(iter(Path(scratch).glob("*.tgz")))
            packed = path.read_bytes()
        found = hashlib.sha256(packed).hexdigest()
        if found != sha256:
            raise ChartError(f"{source}: is not the pinned chart: its sha256 is {found}")
        chart = helm_python.Chart.load_archive(packed)
        files = chart.render(dict(values), name=name, namespace=namespace)
    except (OSError, StopIteration, helm_python.HelmError) as error:
        raise ChartError(f"{source}: {error}") from error
    return [
        thing
        for path, text in sorted(files.items())
        if not path.rpartition("/")[2].startswith(("_", "NOTES.txt"))
        for thing in yaml.safe_load_all(text)
        if thing
    ]

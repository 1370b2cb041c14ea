"""Puts a report on disk: a folder for each run, and a link to the latest."""

from __future__ import annotations

import contextlib
import json
import os
import re

from . import junit, page
from .assemble import Report


def write(report: Report, place: str) -> str:
    """Write report.html, report.json and junit.xml under *place*/SITE/TIME; the folder's path.

    Then *place*/SITE/latest points to it. OSError if it cannot be written.
    """
    site = re.sub(r"[^\w.-]+", "-", report["site"]).strip(".") or "site"
    name = report["time"].replace(":", "")
    folder = os.path.join(place, site, name)
    os.makedirs(folder, exist_ok=True)
    documents = {
        "report.json": json.dumps(report, indent=1, ensure_ascii=False) + "\n",
        "junit.xml": junit.render(report),
        "report.html": page.render(report),
    }
    for file, content in documents.items():
        with open(os.path.join(folder, file), "w", encoding="utf-8") as handle:
            handle.write(content)
    _point(os.path.join(place, site, "latest"), name)
    return folder


def _point(link: str, target: str) -> None:
    new = f"{link}.{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(new)
    os.symlink(target, new)
    os.replace(new, link)

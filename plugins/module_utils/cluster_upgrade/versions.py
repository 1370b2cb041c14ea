"""Versions, and which way between them is kubeadm's."""

from __future__ import annotations

import re

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


def parsed(text: str) -> tuple[int, int, int]:
    """Raises ValueError for what is no version."""
    found = _VERSION.match(text)
    if not found:
        raise ValueError(f"{text!r} is no version of Kubernetes")
    major, minor, patch = (int(part) for part in found.groups())
    return major, minor, patch


def refusal(have: str, wanted: str) -> str | None:
    """Why there is no way from *have* to *wanted*; None if there is, or nothing to do."""
    old, new = parsed(have), parsed(wanted)
    if new < old:
        return f"{have} is newer than the model's {wanted}: Kubernetes does not go back"
    if old[0] != new[0] or new[1] - old[1] > 1:
        return f"from {have} to {wanted} is more than one minor version"
    return None

"""Why a link is down, why a pod waits: the first broken step, whose side it is, what to do.

Runs on a control plane of one's own site, with Python's standard library; it changes nothing.
"""

from __future__ import annotations

from .doctor import Doctor
from .spec import DoctorSpec, SpecError

__all__ = ["Doctor", "DoctorSpec", "SpecError"]

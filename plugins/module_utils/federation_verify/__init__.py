"""Links proven: every step, what a peer's credential may do, and a row of each for the report.

Runs on a control plane of one's own site, with Python's standard library; it changes nothing.
"""

from __future__ import annotations

from .verifier import Verifier

__all__ = ["Verifier"]

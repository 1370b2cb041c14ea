"""A cloud proven: agents, quotas, VFs, flavors, nodes, and a server with a VF from birth to end.

Runs on the controller; no Ansible. Changes nothing but the canary, which it takes away.
"""

from __future__ import annotations

from .spec import SpecError, VerifySpec
from .verifier import Verifier

__all__ = ["SpecError", "Verifier", "VerifySpec"]

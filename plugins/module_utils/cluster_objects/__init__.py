"""Objects of a cluster, applied as one set: what the set no longer names is removed.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .spec import ObjectsSpec, SpecError
from .subject import ClusterObjects

__all__ = ["ClusterObjects", "ObjectsSpec", "SpecError"]

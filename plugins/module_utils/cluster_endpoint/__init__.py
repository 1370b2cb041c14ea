"""The virtual address of a cluster's API server, held by keepalived.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .spec import EndpointSpec, SpecError
from .subject import ClusterEndpoint

__all__ = ["ClusterEndpoint", "EndpointSpec", "SpecError"]

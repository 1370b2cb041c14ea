"""A host's RDMA: drivers, Soft-RoCE links, RoCE defaults, the lossless class.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .drivers import HostRdmaDrivers
from .links import delete_links_steps, rdma_links_on
from .spec import HostRdmaSpec, SpecError
from .subject import HostRdma, link_facts

__all__ = [
    "HostRdma",
    "HostRdmaDrivers",
    "HostRdmaSpec",
    "SpecError",
    "delete_links_steps",
    "link_facts",
    "rdma_links_on",
]

"""A host's kernel: command line, modules, hugepages, sysctls, limits.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .health import Health, unhealthy
from .part import difference
from .spec import HostKernelSpec, SpecError
from .subject import HostKernel

__all__ = ["Health", "HostKernel", "HostKernelSpec", "SpecError", "difference", "unhealthy"]

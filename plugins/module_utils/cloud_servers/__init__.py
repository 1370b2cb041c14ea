"""Servers for clusters: ports, server groups and servers, made, kept, and replaced one at a time.

Runs on the controller; no Ansible.
"""

from __future__ import annotations

from .spec import ServersSpec, SpecError
from .subject import CloudServers

__all__ = ["CloudServers", "ServersSpec", "SpecError"]

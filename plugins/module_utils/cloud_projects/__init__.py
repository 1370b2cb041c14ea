"""Projects of the cloud and their quotas.

Runs on the controller; no Ansible.
"""

from __future__ import annotations

from .subject import CloudProjects

__all__ = ["CloudProjects"]

"""A cluster's control planes from a snapshot of etcd.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .archive import ArchiveError, check
from .subject import Begin, Finish, Reset, Restore, RestoreSpec

__all__ = ["ArchiveError", "Begin", "Finish", "Reset", "Restore", "RestoreSpec", "check"]

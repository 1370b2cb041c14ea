"""Images of the cloud.

Runs on the controller; no Ansible.
"""

from __future__ import annotations

from .subject import CloudImages

__all__ = ["CloudImages"]

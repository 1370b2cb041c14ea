"""Issuers of tokens that a control plane's API server trusts.

Python's standard library only; no Ansible.
"""

from __future__ import annotations

from .subject import AuthenticationSpec, ClusterAuthentication, SpecError

__all__ = ["AuthenticationSpec", "ClusterAuthentication", "SpecError"]

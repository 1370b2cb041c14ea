"""Networks, subnets, routers and security groups of the cloud.

Runs on the controller; no Ansible.
"""

from __future__ import annotations

from .subject import CloudNetworks

__all__ = ["CloudNetworks"]

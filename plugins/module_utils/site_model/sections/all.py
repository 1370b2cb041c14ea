"""All sections by the name of their variable."""

from __future__ import annotations

from typing import Any

from .clusters import Cluster
from .fabrics import Fabric
from .federation import Federation
from .hosts import HostGroup
from .nics import NicProfile
from .openstack import OpenStack
from .scalars import Identifier, Label
from .site import Site

SECTIONS: dict[str, Any] = {
    "site": Site,
    "site_fabrics": dict[Label, Fabric],
    "site_nic_profiles": dict[Label, NicProfile],
    "site_host_groups": dict[Identifier, HostGroup],
    "site_openstack": OpenStack,
    "site_clusters": dict[Label, Cluster],
    "site_federation": Federation,
}
REQUIRED = ("site", "site_fabrics", "site_host_groups")
#: What the inventory says about a host beside ``ansible_host``.
HOST_VARIABLES = ("site_host_index", "site_host_overrides")
#: Set beside the playbooks, not by operators.
ASSEMBLED = ("site_model", "site_host")
#: Options of playbooks/validate.yml.
OPTIONS = ("site_validate_compare",)

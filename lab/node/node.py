"""Which nodes there are, and all that follows from a node's name."""

import re
from dataclasses import dataclass

from lab.errors import LabError

#: Site → its management network; each is a bridge of the lab's namespace, which routes.
SITES = {"alpha": "192.168.77", "beta": "192.168.78", "gamma": "192.168.80"}
#: Role → address of its node number 0, which does not exist.
ROLES = {"control": 30, "worker": 40}
#: Fabric → VLAN of the rack's switch on which it is.
FABRICS = {"storage": 100, "rdma": 200}
#: Nodes of the smallest cluster.
DEFAULT_SET = ("alpha-control-1", "alpha-worker-1")
TWO_SITES = (*DEFAULT_SET, "beta-control-1", "beta-worker-1")
#: Inventory of a site where another one runs as well: with gamma, alpha has two targets.
BESIDE = {("alpha", "gamma"): "lab-alpha-central"}


@dataclass(frozen=True)
class Node:
    """One node container: its name says its site, role and number."""

    site: str
    role: str
    number: int

    @classmethod
    def named(cls, name: str) -> "Node":
        """The node called alpha-control-1 … gamma-worker-9."""
        match = re.fullmatch(r"([a-z]+)-([a-z]+)-([1-9])", name)
        if not match or match[1] not in SITES or match[2] not in ROLES:
            sites, roles = ", ".join(SITES), " or ".join(ROLES)
            raise LabError(
                f"unknown node {name!r}: SITE-ROLE-NUMBER; sites {sites}, roles {roles}, "
                "numbers 1 to 9"
            )
        return cls(match[1], match[2], int(match[3]))

    @property
    def name(self) -> str:
        return f"{self.site}-{self.role}-{self.number}"

    @property
    def address(self) -> str:
        """On its site's management network."""
        return f"{SITES[self.site]}.{ROLES[self.role] + self.number}"

    @property
    def gateway(self) -> str:
        return f"{SITES[self.site]}.1"

    def cable(self, interface: str) -> str:
        """The lab's end of the cable to *interface*; the kernel allows 15 characters."""
        return f"{self.site}-{self.role[0]}{self.number}-{interface[:4]}"


ALL = [Node(site, role, number) for site in SITES for role in ROLES for number in range(1, 10)]


def is_node(name: str) -> bool:
    """Whether a name means a node container: by its site."""
    return name.partition("-")[0] in SITES

"""``site_openstack``: release, networks, flavors, bare metal, images, projects, servers."""

from __future__ import annotations

from typing import Literal

from .bare_metal import Node
from .base import Part, key
from .cloud_networks import CloudNetwork, Router, SecurityGroup
from .deployment import Deployment
from .images import Image
from .scalars import (
    Label,
    ObjectName,
    OpenStackRelease,
    ResourceClass,
    Trait,
)
from .servers import ServerSet


class Flavor(Part):
    """A size of server: a VM, or a whole bare-metal server."""

    kind: Literal["vm", "baremetal"] = key("What it makes.", "vm")
    vcpus: int = key("Virtual CPUs (baremetal: as the node has).", ge=1)
    memory: int = key("Memory.", unit="MiB", ge=1)
    disk: int = key("Root disk.", unit="GiB", ge=0)
    resource_class: ResourceClass | None = key("baremetal: resource class of the nodes.", None)
    traits: list[Trait] = key("Traits that the host or node must have.", [])
    vf_ports: int = key("Ports by VF that a server of it is meant to have.", 0, ge=0, le=16)
    cpu_policy: Literal["shared", "dedicated"] = key("Whether CPUs are pinned.", "shared")
    numa_nodes: int | None = key("NUMA nodes of the guest.", None, ge=1, le=16)
    hugepages: Literal["2M", "1G"] | None = key("Page size of the guest's memory.", None)
    extra_specs: dict[str, str] = key("Further extra specs.", {})
    projects: list[str] = key("Only these projects may use it; none: all.", [])


class Quota(Part):
    """What a project may use; unset: as the cloud has it."""

    instances: int | None = key("Servers.", None, ge=-1)
    cores: int | None = key("Virtual CPUs.", None, ge=-1)
    ram: int | None = key("Memory.", None, unit="MiB", ge=-1)
    ports: int | None = key("Network ports.", None, ge=-1)
    networks: int | None = key("Networks.", None, ge=-1)
    volumes: int | None = key("Volumes.", None, ge=-1)
    gigabytes: int | None = key("Volume storage.", None, unit="GiB", ge=-1)
    subnets: int | None = key("Subnets.", None, ge=-1)
    routers: int | None = key("Routers.", None, ge=-1)
    security_groups: int | None = key("Security groups.", None, ge=-1)
    server_groups: int | None = key("Server groups.", None, ge=-1)
    floating_ips: int | None = key("Floating IPs.", None, ge=-1)


class Project(Part):
    """A project and its quota."""

    description: str = key("One line for people.", "")
    quota: Quota = key("Quota.", Quota)


class OpenStack(Part):
    """The cloud of the site."""

    release: OpenStackRelease = key("Release, in quotes.")
    bond_owner: Literal["kit", "kayobe"] = key("Who writes the hosts' bonds.", "kit")
    deployment: Deployment | None = key(
        "How Kayobe deploys it; unset: it is there, or deployed by other means.", None
    )
    networks: dict[ObjectName, CloudNetwork] = key("Networks by name.", {})
    routers: dict[ObjectName, Router] = key("Routers by name.", {})
    security_groups: dict[ObjectName, SecurityGroup] = key("Security groups by name.", {})
    flavors: dict[ObjectName, Flavor] = key("Flavors by name.", {})
    nodes: dict[Label, Node] = key("Bare-metal nodes by name.", {})
    images: dict[ObjectName, Image] = key("Images by name.", {})
    projects: dict[ObjectName, Project] = key("Projects by name.", {})
    servers: dict[Label, ServerSet] = key("Sets of servers by name.", {})

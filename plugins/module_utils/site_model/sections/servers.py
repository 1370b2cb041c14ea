"""Sets of equal servers of ``site_openstack``, such as a cluster's workers."""

from __future__ import annotations

from typing import Literal

from .base import Part, key
from .scalars import InterfaceName, ObjectName, Subnet


class ServerPort(Part):
    """A port of a server."""

    network: str = key("Network of the cloud.")
    vf: bool = key("By VF (vnic type direct, switchdev where the host has it).", False)
    port_security: bool | None = key(
        "Neutron filters its addresses; pods with MAC addresses of their own (macvlan) need false. "
        "Unset: as the network has it.", None
    )  # fmt: skip
    allowed_addresses: list[Subnet] = key(
        "Subnets behind it with the port's own MAC address, such as pods by ipvlan.", []
    )
    interface: InterfaceName | None = key(
        "Its name in the guest (an image with netplan); unset: as the image has it.", None
    )


class BootVolume(Part):
    """A volume of Cinder that the server boots from; it goes with the server."""

    size: int = key("Size.", unit="GiB", ge=1)
    type: ObjectName | None = key("Volume type; unset: the cloud's default.", None)


class ServerSet(Part):
    """Equal servers, such as a cluster's workers. Named NAME-1, NAME-2, ….

    In the inventory they are hosts of the group NAME, with _ for -.
    """

    project: str = key("Project that owns them.")
    flavor: str = key("Flavor.")
    image: str = key("Image.")
    count: int = key("How many.", ge=0)
    ports: list[ServerPort] = key("Ports, in order.", min_length=1)
    placement: Literal["anti-affinity", "soft-anti-affinity", "affinity", "none"] = key(
        "Server group's policy.", "soft-anti-affinity"
    )
    security_groups: list[str] = key("Security groups of its project.", [])
    ssh_keys: list[str] = key("Public SSH keys that may log in.", [])
    volume: BootVolume | None = key("Boots from a volume; unset: from the image.", None)
    first_index: int = key("site_host_index of the first one; 0: they have none.", 0, ge=0)
    timeout: int = key("Until one is ACTIVE; whole servers take longer.", 900, unit="s", ge=1)

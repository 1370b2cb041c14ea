"""``site_openstack.deployment``: what Kayobe and Kolla-Ansible need to deploy the cloud."""

from __future__ import annotations

from typing import Literal

from .base import Part, key
from .scalars import DomainName, Identifier, IpAddress, Label, MacAddress, ObjectName

#: What hosts are for that Kayobe deploys to.
PURPOSES = ("controller", "compute", "network", "storage")


class CloudFabrics(Part):
    """Which fabric carries what. Management of the hosts is the fabric of their groups."""

    internal: str = key("Internal APIs, messages and databases.")
    public: str | None = key("Public APIs; unset: the internal fabric.", None)
    tunnel: str | None = key("Overlay networks (VXLAN); unset: there are none.", None)
    storage: str | None = key("Storage traffic of the services; unset: the internal fabric.", None)
    provisioning: str | None = key("Bare-metal nodes boot and are written over it.", None)
    cleaning: str | None = key("They are cleaned over it; unset: the provisioning one.", None)
    inspection: str | None = key("They are inspected over it; unset: the provisioning one.", None)
    bmc: str | None = key("It leads to their BMCs; unset: the hosts' management fabric.", None)


class Switch(Part):
    """A switch that networking-generic-switch sets the VLANs of bare-metal nodes' ports on."""

    address: str = key("Management address (IP or name).", min_length=1)
    device_type: ObjectName = key("Driver's name, such as netmiko_cumulus_nvue.")
    mac_address: MacAddress | None = key("Chassis id, as nodes' links name it.", None)
    username: str = key("User.", min_length=1)
    password_variable: Identifier | None = key(
        "Name of the variable, in a file encrypted with ansible-vault, that has the password.", None
    )
    key_file: str | None = key("Path of the private key in neutron-server's container.", None)
    trunk_ports: list[str] = key("Ports to the cloud's network hosts and other switches.", [])
    physical_networks: list[ObjectName] = key("Physical networks that it has.", [])


class Deployment(Part):
    """How Kayobe deploys the cloud."""

    distribution: Literal["ubuntu", "rocky"] | None = key(
        "Of the hosts; unset: rocky where groups have NetworkManager, else ubuntu.", None
    )
    fabrics: CloudFabrics = key("Which fabric carries what.")
    internal_vip_address: IpAddress = key("Address of the internal APIs, of the internal fabric.")
    external_vip_address: IpAddress | None = key(
        "Address of the public APIs, of the public fabric; unset where that is the internal one.",
        None,
    )
    internal_fqdn: DomainName | None = key("Name of the internal APIs; unset: the address.", None)
    external_fqdn: DomainName | None = key("Name of the public APIs; unset: the address.", None)
    tls_internal: bool = key("TLS on the internal APIs; the certificate is the operator's.", False)
    tls_external: bool = key("TLS on the public APIs; the certificate is the operator's.", False)
    firewall_driver: Literal["openvswitch", "noop", "iptables_hybrid"] = key(
        "Who filters ports; iptables_hybrid cannot be offloaded to a NIC.", "openvswitch"
    )
    container_engine: Literal["docker", "podman"] = key("What runs the services.", "docker")
    container_registry: str | None = key("host:port of the registry; unset: Kolla's own.", None)
    services: dict[Identifier, bool] = key("Kolla's services by name: on or off.", {})
    switches: dict[Label, Switch] = key("Switches of bare-metal nodes, by name.", {})

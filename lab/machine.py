"""The kinds of machines, and all that follows from a machine's name."""

import re
import uuid
from dataclasses import dataclass

from lab.errors import LabError

SUBNET = "192.168.77"
CONTROLLER = f"{SUBNET}.1"
DEFAULT_SET = ("host-1", "host-2")


@dataclass(frozen=True)
class Kind:
    """What machines of one kind have in common."""

    name: str
    first_address: int  # of machine number 0, which does not exist
    memory_mib: int
    nic_ports: int  # ports of the emulated 82576; 0: no such NIC
    cpus: int = 1
    image: str = "host"  # variant of the disk image
    inventory: str = "lab"  # folder in inventories
    vlan: int | None = None  # its ports' only network, each port alone; unset: an LACP trunk


KINDS = {
    "host": Kind("host", 10, 1024, 2),
    "switchdev": Kind("switchdev", 20, 768, 0),
    # a node of cluster alpha, whose VFs are on the fabric rdma
    "worker": Kind("worker", 50, 1536, 2, cpus=2, image="worker", inventory="lab-alpha", vlan=200),
}


@dataclass(frozen=True)
class Machine:
    """One virtual machine: its name says its kind and its number."""

    kind: Kind
    number: int

    @classmethod
    def named(cls, name: str) -> "Machine":
        """The machine called host-1 … host-9, and so on for each kind."""
        match = re.fullmatch(r"([a-z]+)-([1-9])", name)
        if not match or match[1] not in KINDS:
            known = ", ".join(f"{kind}-1…{kind}-9" for kind in KINDS)
            raise LabError(f"unknown machine {name!r}: use one of {known}")
        return cls(KINDS[match[1]], int(match[2]))

    @property
    def name(self) -> str:
        return f"{self.kind.name}-{self.number}"

    @property
    def host_part(self) -> int:
        return self.kind.first_address + self.number

    @property
    def address(self) -> str:
        """On the management network."""
        return f"{SUBNET}.{self.host_part}"

    @property
    def management_mac(self) -> str:
        return f"52:54:00:77:00:{self.host_part:02d}"

    @property
    def port_macs(self) -> list[str]:
        return [f"52:54:00:82:{self.host_part:02d}:{p:02x}" for p in range(self.kind.nic_ports)]

    @property
    def management_tap(self) -> str:
        return f"{self.name}-m"

    @property
    def port_taps(self) -> list[str]:
        return [f"{self.name}-p{port}" for port in range(self.kind.nic_ports)]

    @property
    def machine_id(self) -> str:
        """Unique for each machine: systemd makes the MAC addresses of bonds from it."""
        return uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.name}.slipway.lab").hex

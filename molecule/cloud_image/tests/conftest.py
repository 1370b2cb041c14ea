"""The image that the scenario built, booted as a VM and as a whole server."""

import json
import os
import subprocess
from pathlib import Path

import ansible.module_utils
import pytest

from lab import keys
from lab.cloud import venv
from lab.guest import Guest, config_drive
from lab.instance import Lab
from lab.machine import Machine

CHECKOUT = Path(__file__).resolve().parents[3]
_OURS = str(CHECKOUT / "plugins" / "module_utils")
if _OURS not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_OURS)

from ansible.module_utils.cloud_servers.guest import cloud_config  # noqa: E402

VM_MACS = ["fa:16:3e:00:00:01", "fa:16:3e:00:00:02"]
MACHINE = Machine.named("host-9")


@pytest.fixture(scope="session")
def folder():
    """Where the scenario's images are."""
    return Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "images" / "lab"


@pytest.fixture(scope="session")
def record(folder):
    return json.loads((folder / "guest.json").read_text())


@pytest.fixture(scope="session")
def instance():
    lab = Lab()
    lab.paths.make()
    return lab


def network_data(**given):
    """As Nova's own code writes it."""
    command = [venv.ensure() / "bin" / "python", CHECKOUT / "tests" / "nova_network_data.py"]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def user_data(*ports):
    """The kit's; each port: name in the guest, MAC address, MTU."""
    shown = [dict(zip(("name", "mac", "mtu"), port, strict=True)) for port in ports]
    return cloud_config([keys.public(keys.CLIENT)], shown)


@pytest.fixture(scope="module")
def vm(instance, folder, record):
    """A VM with a port as the image has it and one named storage; after its reboot."""
    guest = Guest(instance.paths, "vm")
    guest.new(folder / record["file"])
    nets = [
        {"id": f"net-{n}", "mtu": mtu, "cidr": f"10.7.{n}.0/24", "address": f"10.7.{n}.15",
         "dhcp": True, "mac": mac, "type": kind}
        for n, (mac, mtu, kind) in enumerate(
            zip(VM_MACS, (1500, 9000), ("ovs", "hw_veb"), strict=True))
    ]  # fmt: skip
    data = user_data(("", VM_MACS[0], 1500), ("storage", VM_MACS[1], 9000))
    drive = config_drive(guest.home / "config.iso", "vm-1", data, network_data(networks=nets))
    guest.start_vm(VM_MACS, drive)
    guest.wait("ip link show storage && cloud-init status --wait")
    yield guest
    guest.stop()


@pytest.fixture(scope="module")
def metal(instance, folder, record):
    """A whole server: two ports in Ironic's port group, and one by itself."""
    guest, (first, second) = Guest(instance.paths, "metal"), MACHINE.port_macs
    guest.new(folder / record["file"])
    plain = {"dhcp": False, "gateway": None, "type": "other"}
    nets = [
        {"id": "storage", "mtu": 9000, "cidr": "10.9.0.0/24", "address": "10.9.0.11",
         "mac": first, **plain},
        {"id": "management", "mtu": 1500, "cidr": "192.168.77.0/24", "address": MACHINE.address,
         "mac": MACHINE.management_mac, **plain},
    ]  # fmt: skip
    group = {"mode": "802.3ad", "address": first, "macs": [first, second],
             "properties": {"miimon": 100, "xmit_hash_policy": "layer3+4"}}  # fmt: skip
    data = user_data(("", first, 9000), ("", MACHINE.management_mac, 1500))
    found = network_data(networks=nets, group=group)
    drive = config_drive(guest.home / "config.iso", "metal-1", data, found)
    guest.start_bare_metal(instance, MACHINE, drive)
    guest.wait("cloud-init status --wait")
    yield guest
    guest.stop()

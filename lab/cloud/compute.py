"""nova-compute for a compute host that is no machine: a hypervisor that only says it has guests.

Runs in the services' venv, in a mount namespace whose /sys/bus/pci is the stand-in (sysfs.py).
Real: nova-compute, its claims, PCI and NUMA accounting, and its own reading of sysfs. Stand-in:
the driver, which is nova's own fake with the PCI devices that sysfs shows and two NUMA cells.
`python compute.py HUGEPAGES_1G …options of nova-compute`
"""

# ruff: noqa: I001 - nova makes threads green before anything else is imported
from nova.cmd.compute import main

import json
import sys
import types
from pathlib import Path
from typing import ClassVar

import nova.virt
from nova import objects
from nova.pci import utils
from nova.virt import fake, node

DEVICES = Path("/sys/bus/pci/devices")
CELLS, CPUS, MEMORY = 2, 16, 65536  # of a cell: CPUs, half of them dedicated; MiB
PAGES_1G = 0


class Driver(fake.FakeDriver):
    """What libvirt's driver would report of the host's functions and memory."""

    vcpus = CELLS * CPUS // 2
    memory_mb = CELLS * MEMORY
    local_gb = 4096
    capabilities: ClassVar[dict] = dict(fake.FakeDriver.capabilities, supports_pcpus=True)

    def get_available_resource(self, nodename):
        status = super().get_available_resource(nodename)
        status["uuid"] = node.get_local_node_uuid()
        status["pci_passthrough_devices"] = json.dumps(pci_devices())
        status["numa_topology"] = numa_topology()._to_json()
        return status

    def update_provider_tree(self, provider_tree, nodename, allocations=None):
        super().update_provider_tree(provider_tree, nodename, allocations)
        inventory = provider_tree.data(nodename).inventory
        dedicated = {"total": self.vcpus, "min_unit": 1, "max_unit": self.vcpus, "step_size": 1}
        inventory["PCPU"] = {**dedicated, "allocation_ratio": 1.0, "reserved": 0}
        provider_tree.update_inventory(nodename, inventory)


def pci_devices():
    """The functions of /sys/bus/pci in the words of libvirt's driver."""
    return [device(folder) for folder in sorted(DEVICES.iterdir())]


def device(folder):
    vendor, product = ((folder / each).read_text().strip()[2:] for each in ("vendor", "device"))
    found = {
        "address": folder.name,
        "vendor_id": vendor,
        "product_id": product,
        "numa_node": int((folder / "numa_node").read_text()),
        "label": f"label_{vendor}_{product}",
        "status": "available",
        "dev_type": "type-PF",
        "parent_addr": None,
    }
    if (folder / "physfn").exists():
        interface = utils.get_ifname_by_pci_address(folder.name, pf_interface=True)
        pf = (folder / "physfn").resolve()
        mode = (pf / "net" / interface / "compat/devlink/mode").read_text().strip()
        found |= {
            "dev_type": "type-VF",
            "parent_addr": pf.name,
            "parent_ifname": interface,
            "capabilities": {
                "network": ["switchdev"] if mode == "switchdev" else [],
                "sriov": {
                    "pf_mac_address": utils.get_mac_by_pci_address(pf.name),
                    "vf_num": utils.get_vf_num_by_pci_address(folder.name),
                },
            },
        }
    return found


def numa_topology():
    cells = []
    for number in range(CELLS):
        first, half = number * CPUS, CPUS // 2
        pages = [(4, (MEMORY - PAGES_1G // CELLS * 1024) * 256), (1048576, PAGES_1G // CELLS)]
        cells.append(
            objects.NUMACell(
                id=number,
                socket=number,
                cpuset=set(range(first, first + half)),
                pcpuset=set(range(first + half, first + CPUS)),
                memory=MEMORY,
                cpu_usage=0,
                memory_usage=0,
                pinned_cpus=set(),
                siblings=[{cpu} for cpu in range(first, first + CPUS)],
                mempages=[
                    objects.NUMAPagesTopology(size_kb=size, total=total, used=0)
                    for size, total in pages
                ],
                network_metadata=objects.NetworkMetadata(physnets=set(), tunneled=False),
            )
        )
    return objects.NUMATopology(cells=cells)


if __name__ == "__main__":
    PAGES_1G = int(sys.argv.pop(1))
    module = types.ModuleType("nova.virt.lab_cloud")  # nova looks for drivers there only
    module.Driver = Driver
    sys.modules[module.__name__] = nova.virt.lab_cloud = module
    sys.exit(main())

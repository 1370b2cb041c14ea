"""Stand-in for /sys/bus/pci of a compute host: the PFs and VFs that the site model gives it.

The form is the kernel's: what Nova reads of a NIC's functions it reads here by its own code. In
the kernel a device is a link into /sys/devices; here it is the folder itself.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: ConnectX-6 Dx.
VENDOR, PF_PRODUCT, VF_PRODUCT = "0x15b3", "0x101d", "0x101e"


#: A NIC that the model does not name: nothing of it may be given to a server.
STRANGER = {"name": "spare0", "address": "0000:d8:00.0", "vfs": 2, "eswitch_mode": "legacy"}


def place(home: Path, host: str, ports: list[dict[str, Any]]) -> Path:
    """A host's tree, by what is in it: one that a process has mounted is never written again."""
    digest = hashlib.sha256(json.dumps([*ports, STRANGER]).encode()).hexdigest()[:8]
    return home / "sysfs" / f"{host}-{digest}"


def ensure(home: Path, host: str, ports: list[dict[str, Any]]) -> None:
    """Write the tree; *ports*: name, address, vfs, eswitch_mode of each port of one NIC, beside
    which there is a stranger."""
    tree = place(home, host, ports)
    if not tree.exists():
        half = tree.with_name(f".{tree.name}")
        shutil.rmtree(half, ignore_errors=True)
        write_tree(half, host, [*ports, STRANGER])
        half.rename(tree)


def write_tree(root: Path, host: str, ports: list[dict[str, Any]]) -> None:
    (root / "devices").mkdir(parents=True)
    for number, port in enumerate(ports):
        pf = root / "devices" / port["address"]
        device(pf, PF_PRODUCT)
        netdev(pf, port["name"], host)
        mode = pf / "net" / port["name"] / "compat/devlink/mode"
        mode.parent.mkdir(parents=True)
        mode.write_text(f"{port['eswitch_mode']}\n")
        write(pf, "sriov_totalvfs", port["vfs"])
        write(pf, "sriov_numvfs", port["vfs"])
        write(pf, "sriov_vf_device", VF_PRODUCT.removeprefix("0x"))
        for index, address in enumerate(vf_addresses(port["address"], number, port["vfs"])):
            vf = root / "devices" / address
            device(vf, VF_PRODUCT)
            netdev(vf, f"{port['name']}v{index}", host)
            (vf / "physfn").symlink_to(f"../{pf.name}")
            (pf / f"virtfn{index}").symlink_to(f"../{address}")


def vf_addresses(pf: str, number: int, vfs: int) -> Iterator[str]:
    """Of the port with that number on its NIC: VFs follow the two PFs, port by port."""
    bus = pf.rpartition(":")[0]
    for index in range(vfs):
        slot, function = divmod(2 + number * vfs + index, 8)
        yield f"{bus}:{slot:02x}.{function}"


def device(folder: Path, product: str) -> None:
    folder.mkdir(parents=True)
    for name, value in (
        ("vendor", VENDOR),
        ("device", product),
        ("class", "0x020000"),
        ("numa_node", 0),
    ):
        write(folder, name, value)


def netdev(folder: Path, name: str, host: str) -> None:
    """The function's interface, with an address of its own."""
    digest = hashlib.sha256(f"{host} {folder.name}".encode()).digest()
    mac = ":".join(f"{byte:02x}" for byte in (0x52, 0x54, 0x00, *digest[:3]))
    (folder / "net" / name).mkdir(parents=True)
    write(folder / "net" / name, "address", mac)


def write(folder: Path, name: str, value: object) -> None:
    (folder / name).write_text(f"{value}\n")

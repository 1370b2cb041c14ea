"""Who uses a VF: virtual machines, other interfaces, network namespaces.

Asked only when a step would take a VF away, as it looks at every process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from ..system import System
from .drivers.base import Facts
from .spec import Port

#: host=0000:3b:00.2 and host=3b:00.2; sysfsdev=/sys/…/0000:3b:00.2; either of them in JSON.
_DEVICE = re.compile(
    r"(?:host\"?[=:]\s*\"?|sysfsdev\"?[=:]\s*\"?[^\s\",]*/)"
    r"((?:[0-9a-f]{1,4}:)?[0-9a-f]{1,2}:[0-9a-f]{1,2}\.[0-7])(?![0-9a-f:.])",
    re.IGNORECASE,
)
_VFIO = "/dev/vfio/"


def users_of(
    system: System, vfs: Iterable[tuple[Port, Facts]], links: dict[str, Facts]
) -> dict[str, str]:
    """VF's PCI address → a line that names its user; empty if all are free."""
    bound = [(port, vf) for port, vf in vfs if vf.get("driver")]
    if not bound:
        return {}
    machines = {**_by_command_line(system), **_by_libvirt(system)}
    held = _by_vfio(system) if any("vfio" in vf["driver"] for _, vf in bound) else {}
    found = {}
    for port, vf in bound:
        device = f"/sys/bus/pci/devices/{vf['address']}"
        # the group, and the device itself, which QEMU opens with iommufd
        nodes = [system.link_name(f"{device}/iommu_group"), *system.list(f"{device}/vfio-dev")]
        holder = next((held[node] for node in nodes if node in held), None)
        user = machines.get(vf["address"]) or holder or _interface_use(vf, links)
        if user:
            where = f"VF {vf['index']} of {port.name} ({vf['address']})"
            found[vf["address"]] = f"{where} is used by {user}"
    return found


def _by_libvirt(system: System) -> dict[str, str]:
    """PCI address → VM, from libvirt's own state of running machines."""
    found = {}
    for path in system.glob("/run/libvirt/qemu/*.xml"):
        try:
            tree = ElementTree.fromstring(system.read(path) or "")
        except ElementTree.ParseError:
            continue
        domain = tree if tree.tag == "domain" else tree.find("domain")
        if domain is None:
            continue
        for address in domain.findall(".//source/address"):
            parts = [address.get(key) for key in ("domain", "bus", "slot", "function")]
            if all(parts):
                d, b, s, f = (int(str(part), 0) for part in parts)
                found[f"{d:04x}:{b:02x}:{s:02x}.{f:x}"] = f"VM {domain.findtext('name')}"
    return found


def _by_command_line(system: System) -> dict[str, str]:
    """PCI address → VM, from the command lines of running QEMUs."""
    found = {}
    for path in system.glob("/proc/[0-9]*/cmdline"):
        words = _command_line(system, path.split("/")[2])
        if _is_qemu(words):
            for address in _DEVICE.findall(" ".join(words)):
                found[_full(address)] = _machine(words) or f"process {path.split('/')[2]}"
    return found


def _by_vfio(system: System) -> dict[str, str]:
    """IOMMU group, or device of vfio (vfio0), → the VM or process that holds it open."""
    found = {}
    for path in system.glob("/proc/[0-9]*/fd/*"):
        target = system.link(path)
        if target and target.startswith(_VFIO):
            process = path.split("/")[2]
            name = f"process {process} ({system.read(f'/proc/{process}/comm')})"
            found[target.rpartition("/")[2]] = _machine(_command_line(system, process)) or name
    return found


def _command_line(system: System, process: str) -> list[str]:
    return (system.read(f"/proc/{process}/cmdline") or "").split("\0")


def _is_qemu(words: list[str]) -> bool:
    program = words[0].rpartition("/")[2]
    return "qemu" in program or program == "kvm"


def _machine(words: list[str]) -> str | None:
    """ "VM NAME", if it is a QEMU that has a name: ``-name web-1`` or ``-name guest=web-1,…``."""
    if not _is_qemu(words) or "-name" not in words[:-1]:
        return None
    options = words[words.index("-name") + 1].split(",")
    named = [option[len("guest=") :] for option in options if option.startswith("guest=")]
    return f"VM {(named or options)[0]}"


def _full(address: str) -> str:
    """A PCI address as sysfs writes it; without a domain it is in the first one."""
    *domain, bus, rest = address.split(":")
    slot, function = rest.split(".")
    numbers = (int(part, 16) for part in (*(domain or ["0"]), bus, slot, function))
    return "{:04x}:{:02x}:{:02x}.{:x}".format(*numbers)


def _interface_use(vf: Facts, links: dict[str, Facts]) -> str | None:
    if "vfio" in vf["driver"]:
        return None
    name = vf.get("netdev")
    if name is None:
        return "a network namespace (its interface is not among the host's)"
    link = links.get(name, {})
    on_top = sorted(n for n, v in links.items() if v["lower"] == name)
    if on_top:
        return f"{on_top[0]}, an interface on {name}"
    if link.get("master"):
        return f"{link['master']}, which {name} is in"
    if link.get("addresses"):
        return f"the host itself: {name} has {link['addresses'][0]}"
    return None

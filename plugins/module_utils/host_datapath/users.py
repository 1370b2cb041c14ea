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

_HOST = re.compile(r"host\"?[=:]\"?([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])")
_GUEST = re.compile(r"guest=([^,\s]+)")


def users_of(
    system: System, vfs: Iterable[tuple[Port, Facts]], links: dict[str, Facts]
) -> dict[str, str]:
    """VF's PCI address → a line that names its user; empty if all are free."""
    bound = [(port, vf) for port, vf in vfs if vf.get("driver")]
    if not bound:
        return {}
    machines = {**_by_command_line(system), **_by_libvirt(system)}
    groups = _by_vfio(system) if any("vfio" in vf["driver"] for _, vf in bound) else {}
    found = {}
    for port, vf in bound:
        group = system.link_name(f"/sys/bus/pci/devices/{vf['address']}/iommu_group")
        user = machines.get(vf["address"]) or groups.get(group or "") or _interface_use(vf, links)
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
        words = (system.read(path) or "").split("\0")
        if "qemu" not in words[0]:
            continue
        line = " ".join(words)
        name = _GUEST.search(line)
        for address in _HOST.findall(line):
            found[address] = f"VM {name.group(1)}" if name else f"process {path.split('/')[2]}"
    return found


def _by_vfio(system: System) -> dict[str, str]:
    """IOMMU group → process that holds it open."""
    found = {}
    for path in system.glob("/proc/[0-9]*/fd/*"):
        target = system.link(path)
        if target and target.startswith("/dev/vfio/") and target[10:].isdigit():
            process = path.split("/")[2]
            found[target[10:]] = f"process {process} ({system.read(f'/proc/{process}/comm')})"
    return found


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

"""Interface names: udev rules for the next time, renaming for this time.

Ports are named by their device, representors by their eswitch and port name on that
device, VFs by their PCI address, which the kernel derives from the port's.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..converge import Step
from ..system import System
from .drivers import driver
from .drivers.base import Facts
from .paths import UDEV_RULES
from .spec import Nic, Port, Spec

_HEAD = """\
# Written by Slipway from the site model; changes made here are lost.
SUBSYSTEM!="net", GOTO="slipway_datapath_end"
ACTION=="remove", GOTO="slipway_datapath_end"
"""
_UNMANAGED = 'ENV{NM_UNMANAGED}="1"'
_END = 'GOTO="slipway_datapath_end"'


def render(system: System, spec: Spec) -> str:
    """The rules file; "" if the model names no NIC."""
    lines: list[str] = []
    for nic in spec.nics:
        for port in nic.ports:
            lines += _port_rules(system, nic, port)
    return "\n".join([_HEAD, *lines, 'LABEL="slipway_datapath_end"', ""]) if lines else ""


def _port_rules(system: System, nic: Nic, port: Port) -> list[str]:
    drv = driver(nic.driver)
    device = f'KERNELS=="{drv.parent(port)}"'
    lines = [f"# {port.name}"]
    if drv.owns_vfs(nic, port):
        if nic.switchdev:
            for n in range(nic.vfs):
                match = f'ATTR{{phys_switch_id}}=="?*", ATTR{{phys_port_name}}=="*pf*vf{n}"'
                name = f'NAME="{nic.representor(port, n)}"'
                lines.append(f"{device}, {match}, {name}, {_UNMANAGED}, {_END}")
        if drv.switchdev:
            # other functions' representors keep the kernel's names
            lines.append(f'{device}, ATTR{{phys_port_name}}=="*pf*[vs]f*", {_UNMANAGED}, {_END}')
        for n, address in enumerate(vf_addresses(system, nic, port)):
            name = f'NAME="{nic.vf_netdev(port, n)}"'
            lines.append(f'KERNELS=="{address}", {name}, {_UNMANAGED}, {_END}')
    match = drv.udev_match(port)
    lines.append(", ".join(filter(None, (device, match, f'NAME="{port.name}"', _END))))
    return [*lines, ""]


def vf_addresses(system: System, nic: Nic, port: Port) -> list[str]:
    """The PCI addresses that VFs have or will have; [] if the device does not tell."""
    drv = driver(nic.driver)
    device = drv.device(port)
    offset, stride = (system.read(f"{device}/sriov_{key}") for key in ("offset", "stride"))
    if not drv.vf_functions or not (offset and stride and port.pci_address):
        return []
    domain, bus, rest = port.pci_address.split(":")
    slot, function = rest.split(".")
    routing_id = (int(bus, 16) << 8) + (int(slot, 16) << 3) + int(function, 16)
    found = []
    for n in range(nic.vfs):
        rid = routing_id + int(offset) + n * int(stride)
        found.append(f"{domain}:{rid >> 8:02x}:{rid >> 3 & 31:02x}.{rid & 7:x}")
    return found


def rules_step(system: System, before: str | None, wanted: str) -> Step:
    """Write the rules before anything that they name appears."""

    def do() -> None:
        if wanted:
            system.write_file(UDEV_RULES, wanted)
        else:
            system.remove(UDEV_RULES)
        system.run("udevadm", "control", "--reload", check=False)

    return Step(
        name="udev:rules",
        why="ports, VFs and representors get their names from their place in the NIC",
        do=do,
        proof=lambda: None if (system.read(UDEV_RULES) or "") == wanted.rstrip() else "not written",
        before=before or "",
        after=wanted,
    )


def rename_step(
    system: System, label: str, names: dict[str, str], *, disrupts: str = "", up: bool = True
) -> Step:
    """Give interfaces their names now: current name → wanted name."""
    return Step(
        name=f"names:{label}",
        why="the names that the rules give at boot, now",
        do=lambda: rename(system, names, up=up),
        proof=lambda: _missing(system, names.values()),
        before=sorted(names),
        after=sorted(names.values()),
        disrupts=disrupts,
        patience=10,
    )


def rename(system: System, names: dict[str, str], *, up: bool) -> None:
    """Rename interfaces, also in a circle. RuntimeError if a stranger has a wanted name.

    One that is gone was renamed by udev meanwhile: the rules say the same.
    """
    there = {old for old in names if system.exists(f"/sys/class/net/{old}")}
    changes = {old: new for old, new in names.items() if old != new and old in there}
    for old, new in changes.items():
        if new not in changes and system.exists(f"/sys/class/net/{new}"):
            raise RuntimeError(f"{old} cannot become {new}: another interface has that name")
    batch = ""
    for n, old in enumerate(changes):
        batch += f"link set dev {old} down\nlink set dev {old} name slipway{n}\n"
    for n, new in enumerate(changes.values()):
        batch += f"link set dev slipway{n} name {new}\n" + (
            f"link set dev {new} up\n" if up else ""
        )
    if batch:
        system.run("ip", "-batch", "-", stdin=batch)


def settle(system: System) -> None:
    """Let udev finish with the interfaces that have just appeared."""
    system.run("udevadm", "settle", "--timeout=30", check=False)


def _missing(system: System, names: Iterable[str]) -> str | None:
    missing = [name for name in names if not system.exists(f"/sys/class/net/{name}")]
    return f"{missing[0]} does not exist" if missing else None


def vf_names_step(system: System, nic: Nic, port: Port, count: int) -> Step:
    """VFs' own interfaces under their names, once the driver has them."""
    device = driver(nic.driver).device(port)

    def wrong() -> dict[str, str]:
        found = {}
        for n in range(count):
            for current in system.list(f"{device}/virtfn{n}/net"):
                if current != nic.vf_netdev(port, n):
                    found[current] = nic.vf_netdev(port, n)
        return found

    def do() -> None:
        settle(system)
        rename(system, wrong(), up=False)

    def problem() -> str | None:
        bare = [n for n in range(count) if not system.list(f"{device}/virtfn{n}/net")]
        if bare:
            return f"VF {bare[0]} of {port.name} has no interface"
        return f"{next(iter(wrong()))} has not got its name" if wrong() else None

    return Step(
        name=f"vf-names:{port.name}",
        why="a VF's interface is named by its port and number",
        do=do,
        proof=problem,
        before="",
        after=[nic.vf_netdev(port, n) for n in range(count)],
        patience=30,
    )


def wrong_vf_names(nic: Nic, port: Port, vfs: list[Facts], links: dict[str, Facts]) -> bool:
    """Whether an idle VF's interface has another name; one that is up is somebody's."""
    return any(
        vf.get("netdev")
        and vf["netdev"] != nic.vf_netdev(port, vf["index"])
        and not links.get(vf["netdev"], {}).get("up")
        for vf in vfs
    )

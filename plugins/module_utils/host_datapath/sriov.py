"""VFs: counted, made, named by MAC, unbound and bound. VFs come and go on their own time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from ..converge import Step
from ..system import System
from .drivers import driver
from .drivers.base import Driver, Facts
from .kernel import read_links
from .spec import Nic, Port
from .users import users_of

PROBE = "/sys/bus/pci/drivers_probe"
#: Seconds for the kernel to make 64 VFs, or for a driver to bind to them.
PATIENCE = 60.0


def read_vfs(
    system: System, drv: Driver, port: Port, links: dict[str, Facts], macs: dict[str, str]
) -> list[Facts]:
    """A port's VFs in order: index, MAC, and for PCI functions address, driver, interface."""
    device = drv.device(port)
    count = int(system.read(f"{device}/sriov_numvfs") or 0)
    if not drv.vf_functions:
        return [{"index": n, "mac": macs.get(str(n))} for n in range(count)]
    netdevs = {v["parent"]: n for n, v in links.items() if v["parent"]}
    vfs = []
    for index in range(count):
        address = system.link_name(f"{device}/virtfn{index}")
        bound = system.link_name(f"/sys/bus/pci/devices/{address}/driver") if address else None
        vfs.append(
            {
                "index": index,
                "mac": macs.get(str(index)),
                "address": address,
                "driver": bound,
                "netdev": netdevs.get(address) if address else None,
            }
        )
    return vfs


def vf_mac(port_mac: str, index: int) -> str:
    """A VF's MAC: the same for the same port and number, locally administered."""
    digest = hashlib.sha256(f"{port_mac.lower()}/{index}".encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


def bound_wrong(nic: Nic, vf: Facts) -> bool:
    """Whether a driver has the VF that the model does not want there."""
    if not vf.get("driver"):
        return False
    if nic.vf_driver == "none":
        return True
    if nic.vf_driver:
        return vf["driver"] != nic.vf_driver
    return "vfio" in vf["driver"]


def unbind_step(system: System, nic: Nic, port: Port, vfs: Sequence[Facts], why: str) -> Step:
    """Take drivers off VFs; refuses at the last moment if a VF came into use meanwhile."""

    def do() -> None:
        used = users_of(system, [(port, vf) for vf in vfs], read_links(system))
        if used:
            raise RuntimeError("; ".join(used.values()))
        system.write_attribute(f"{driver(nic.driver).device(port)}/sriov_drivers_autoprobe", "0")
        for vf in vfs:
            path = f"/sys/bus/pci/devices/{vf['address']}/driver"
            if system.exists(path):
                system.write_attribute(f"{path}/unbind", vf["address"])

    return Step(
        name=f"unbind:{port.name}",
        why=why,
        do=do,
        proof=lambda: _still(system, vfs, lambda bound: bound is not None, "bound"),
        before={vf["address"]: vf["driver"] for vf in vfs},
        after="unbound",
        patience=PATIENCE,
    )


def create_step(
    system: System, drv: Driver, port: Port, before: int, wanted: int, disrupts: str = ""
) -> Step:
    """Change the number of VFs, by way of 0 as the kernel demands; new VFs stay unbound."""
    device = drv.device(port)

    def do() -> None:
        if drv.vf_functions:
            system.write_attribute(f"{device}/sriov_drivers_autoprobe", "0")
        if int(system.read(f"{device}/sriov_numvfs") or 0) not in (0, wanted):
            system.write_attribute(f"{device}/sriov_numvfs", "0")
        if int(system.read(f"{device}/sriov_numvfs") or 0) != wanted:
            system.write_attribute(f"{device}/sriov_numvfs", str(wanted))

    def problem() -> str | None:
        count = int(system.read(f"{device}/sriov_numvfs") or 0)
        if count != wanted:
            return f"{count} VFs instead of {wanted}"
        if not drv.vf_functions:
            return None
        missing = [n for n in range(wanted) if not system.exists(f"{device}/virtfn{n}")]
        return f"virtfn{missing[0]} has not appeared" if missing else None

    return Step(
        name=f"vfs:{port.name}",
        why="the model's number of VFs, made while the eswitch is legacy",
        do=do,
        proof=problem,
        before=before,
        after=wanted,
        disrupts=disrupts,
        patience=PATIENCE,
    )


def mac_step(system: System, port: Port, macs: dict[int, str]) -> Step:
    """Give VFs their MACs by their port, before a driver invents one."""

    def do() -> None:
        batch = "".join(f"link set {port.name} vf {n} mac {mac}\n" for n, mac in macs.items())
        system.run("ip", "-batch", "-", stdin=batch)

    def problem() -> str | None:
        now = read_links(system).get(port.name, {}).get("vf_macs") or {}
        wrong = [n for n, mac in macs.items() if now.get(str(n)) != mac]
        return f"VF {wrong[0]} of {port.name} has not taken its MAC" if wrong else None

    return Step(
        name=f"vf-macs:{port.name}",
        why="a VF keeps its MAC over reboots",
        do=do,
        proof=problem,
        before="",
        after=dict(macs),
    )


def bind_step(system: System, nic: Nic, port: Port, count: int) -> Step:
    """Let the driver take the VFs, which the LAG no longer minds."""
    device = driver(nic.driver).device(port)

    def addresses() -> list[str]:
        found = (system.link_name(f"{device}/virtfn{n}") for n in range(count))
        return [address for address in found if address]

    def do() -> None:
        if nic.vf_driver:
            system.run("modprobe", nic.vf_driver)
        else:
            # with 0 the kernel refuses VFs even a driver asked for by hand
            system.write_attribute(f"{device}/sriov_drivers_autoprobe", "1")
        for address in addresses():
            vf = f"/sys/bus/pci/devices/{address}"
            if not system.exists(f"{vf}/driver"):
                system.write_attribute(f"{vf}/driver_override", (nic.vf_driver or "") + "\n")
                system.write_attribute(PROBE, address)

    def problem() -> str | None:
        vfs = [{"address": address} for address in addresses()]
        if nic.vf_driver:
            return _still(system, vfs, lambda bound: bound != nic.vf_driver, "without its driver")
        return _still(system, vfs, lambda bound: bound is None, "unbound")

    return Step(
        name=f"bind:{port.name}",
        why=f"the LAG is active: {nic.vf_driver or 'the kernel driver'} may have the VFs",
        do=do,
        proof=problem,
        before="unbound",
        after=nic.vf_driver or "bound",
        patience=PATIENCE,
    )


def _still(
    system: System, vfs: Sequence[Facts], wrong: Callable[[str | None], bool], word: str
) -> str | None:
    for vf in vfs:
        if wrong(system.link_name(f"/sys/bus/pci/devices/{vf['address']}/driver")):
            return f"VF {vf['address']} is still {word}"
    return None

"""Whether a host's NICs are what the model says. Reads sysfs; Python's standard library only."""

from __future__ import annotations

from collections.abc import Iterator

from .host_datapath.spec import Nic, Port, Spec
from .system import System

_PCI = "/sys/bus/pci/devices"


def differences(spec: Spec, system: System) -> list[str]:
    """What is otherwise than *spec* (filter ``host_datapath``) says, one line each."""
    found = [line for nic in spec.nics for line in _nic(nic, system)]
    return found + list(_management(spec, system))


def _nic(nic: Nic, system: System) -> Iterator[str]:
    switches = set()
    for port in nic.ports:
        address = port.pci_address
        if not address:
            yield from _simulated(nic.name, port, system)
            continue
        device, where = f"{_PCI}/{address}", f"nic {nic.name}, port {port.name}"
        if not system.exists(device):
            known = [n for n in system.list(_PCI) if system.list(f"{_PCI}/{n}/net")]
            yield f"{where}: no PCI device {address}; devices with a network interface: {known}"
            continue
        driver = system.link_name(f"{device}/driver")
        if driver != nic.driver:
            yield f"{where}: its driver is {driver or 'none'}, the model says {nic.driver}"
        total = int(system.read(f"{device}/sriov_totalvfs") or 0)
        if nic.vfs > total:
            yield f"{where}: has room for {total} VFs, the model says {nic.vfs}"
        switches.add(system.read(f"{device}/net/{_first(system, device)}/phys_switch_id"))
    # only in switchdev mode have ports a switch; in legacy mode the PCI address says it all
    if len(switches - {None, ""}) > 1:
        yield f"nic {nic.name}: the ports have different switches, so they are of two NICs"


def _first(system: System, device: str) -> str:
    return next(iter(system.list(f"{device}/net")), "-")


def _simulated(nic: str, port: Port, system: System) -> Iterator[str]:
    name = str(port.device).partition("/")[2]
    if not system.exists(f"/sys/bus/netdevsim/devices/{name}"):
        yield f"nic {nic}, port {port.name}: no device {port.device}"


def _management(spec: Spec, system: System) -> Iterator[str]:
    own = spec.management
    interface = own.interface
    if interface is None:
        return
    if not system.exists(f"/sys/class/net/{interface}"):
        here = [name for name in system.list("/sys/class/net") if name != "lo"]
        yield f"management: no interface {interface}; there are {here}"
        return
    mac = system.read(f"/sys/class/net/{interface}/address")
    if own.mac_address and mac != own.mac_address:
        yield f"management: {interface} has MAC {mac}, the model says {own.mac_address}"
    address = _pci_of(system, interface)
    if own.pci_address and address != own.pci_address:
        yield f"management: {interface} is {address}, the model says {own.pci_address}"
    if address and address in [port.pci_address for nic in spec.nics for port in nic.ports]:
        yield f"management: {interface} is {address}, a port of the bond"


def _pci_of(system: System, interface: str) -> str | None:
    name = system.link_name(f"/sys/class/net/{interface}/device")
    return name if name and name.count(":") == 2 else None

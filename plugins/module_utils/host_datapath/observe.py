"""The host's facts, read with few processes: sysfs, one ``ip``, one devlink, one ovs-vsctl.

The facts are plain data. What a host does not have (a program, a device, a bridge) is
None or missing, never an error: check mode must work on a bare host.
"""

from __future__ import annotations

from ..system import System
from . import bond, boot, gate, management, networks, openvswitch, record, udev
from .drivers import driver
from .drivers.base import Facts
from .kernel import read_links, read_offload, read_params, representors
from .network import NetworkManager
from .paths import ALL, BEFORE_NETWORK, UDEV_RULES
from .spec import Nic, Port, Spec
from .sriov import read_vfs


def observe(system: System, spec: Spec, manager: NetworkManager, phase: str) -> Facts:
    """All facts that a plan needs.

    At boot, before the network is up, there is no Open vSwitch yet; firmware is asked only
    in a full run, as that takes a second.
    """
    links = read_links(system)
    applied = record.read(system)
    devlink = read_devlink(system, spec, applied)
    wanted_features = any(n.hw_tc_offload or driver(n.driver).switchdev for n in spec.nics)
    offload = read_offload(system) if wanted_features else {}
    nics = {}
    for nic in spec.nics:
        nics[nic.name] = {
            "ports": {p.name: _port(system, nic, p, links, devlink, offload) for p in nic.ports},
            "representors": representors(nic, links, offload),
            "firmware": driver(nic.driver).firmware(system, nic) if phase == ALL else {},
            "bond": bond.read(system, nic.bond.name),
            "lag": driver(nic.driver).lag(system, nic),
        }
    retired = _retired(system, spec, applied, links, devlink)
    facts = {
        "nics": nics,
        "links": _relevant(spec, links, nics, applied, retired),
        "rules": {"text": system.read(UDEV_RULES)},
        "applied": applied,
        "retired": retired,
        "gate": {"open": gate.is_open(system)},
    }
    facts["rules"]["wanted"] = udev.render(system, spec)
    if phase != BEFORE_NETWORK:
        facts["openvswitch"] = openvswitch.read(system, spec, applied)
        facts["network"] = _network_files(system, spec, manager)
        facts["routes"] = networks.read_routes(system, spec)
        disabled = boot.disabled_now(system)
        facts["units"] = {unit: unit not in disabled for unit in boot.enabled()}
    facts["management"] = management.find(spec, links, facts.get("openvswitch") or {})
    return facts


def read_devlink(system: System, spec: Spec, applied: Facts) -> dict[str, Facts]:
    """Devlink handle → eswitch mode, inline mode and runtime parameters, from one process."""
    handles = {
        driver(nic.driver).handle(port): None
        for nic in spec.nics
        if driver(nic.driver).switchdev
        for port in nic.ports
    }
    for nic_driver, port in record.devices(applied):
        if nic_driver.switchdev:
            handles[nic_driver.handle(port)] = None
    return read_params(system, list(handles)) if handles else {}


def _port(
    system: System,
    nic: Nic,
    port: Port,
    links: dict[str, Facts],
    devlink: dict[str, Facts],
    offload: dict[str, str],
) -> Facts:
    drv = driver(nic.driver)
    device = drv.device(port)
    if not system.exists(device):
        return {"present": False}
    on_device = {n: v for n, v in links.items() if v["parent"] == drv.parent(port)}
    netdev = next((n for n, v in on_device.items() if drv.is_port(port, v)), None)
    link = on_device.get(netdev or "", {})
    params = devlink.get(drv.handle(port), {})
    facts = {
        "present": True,
        "driver": system.link_name(f"{device}/driver"),
        "netdev": netdev,
        **{key: link.get(key) for key in ("mac", "mtu", "up", "master", "phys_switch_id")},
        "total_vfs": drv.total_vfs(system, port),
        "eswitch_mode": params.get("mode"),
        "settings": drv.settings(system, port, params, netdev or ""),
        "hw_tc_offload": offload.get(netdev or ""),
        "vfs": [],
    }
    if drv.owns_vfs(nic, port):
        facts["vfs"] = read_vfs(system, drv, port, links, link.get("vf_macs") or {})
    return facts


def _retired(
    system: System,
    spec: Spec,
    applied: Facts,
    links: dict[str, Facts],
    devlink: dict[str, Facts],
) -> dict[str, Facts]:
    """Recorded devices that the model no longer names and that still have VFs or switchdev."""
    wanted = record.of(spec)["devices"]
    found = {}
    for drv, port in record.devices(applied):
        handle = drv.handle(port)
        if handle in wanted or not system.exists(drv.device(port)):
            continue
        mode = devlink.get(handle, {}).get("mode")
        vfs = read_vfs(system, drv, port, links, {})
        if vfs or mode == "switchdev":
            found[handle] = {"vfs": vfs, "eswitch_mode": mode, **applied["devices"][handle]}
    return found


def _relevant(
    spec: Spec,
    links: dict[str, Facts],
    nics: dict[str, Facts],
    applied: Facts,
    retired: dict[str, Facts],
) -> dict[str, Facts]:
    """The interfaces that a plan looks at; a compute host has hundreds of others."""
    names = {nic.bond.name for nic in spec.nics} | {n.interface for n in spec.networks}
    names |= {p.name for nic in spec.nics for p in nic.ports}
    names |= {b.name for b in (spec.openvswitch.bridges if spec.openvswitch else ())}
    names |= set(applied["links"])
    names |= {spec.management.interface} if spec.management.managed else set()
    for facts in nics.values():
        for port in facts["ports"].values():
            names.add(port.get("netdev"))
            names |= {vf.get("netdev") for vf in port.get("vfs", ())}
    names |= {vf.get("netdev") for device in retired.values() for vf in device["vfs"]}
    near = {n for n, v in links.items() if v["lower"] in names or v["master"] in names}
    return {n: links[n] for n in sorted(x for x in (names | near) if x and x in links)}


def _network_files(system: System, spec: Spec, manager: NetworkManager) -> Facts:
    wanted = manager.render(spec)
    present = set(manager.owned(system)) | {path for path in wanted if system.exists(path)}
    return {
        "wanted": wanted,
        "present": {path: system.read(path) for path in sorted(present)},
    }


def wait_for_ports(system: System, spec: Spec, seconds: int = 30) -> None:
    """Wait until each port has an interface, and until udev has given it its name.

    Drivers take seconds to start at boot.
    """
    folders = [f"{driver(nic.driver).device(p)}/net" for nic in spec.nics for p in nic.ports]
    for _ in range(seconds * 5):
        if all(system.list(folder) for folder in folders):
            break
        system.sleep(0.2)
    udev.settle(system)

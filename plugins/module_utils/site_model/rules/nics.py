"""Rules of NIC profiles: ports, VFs, eswitch, bond, offload, firmware."""

from __future__ import annotations

from collections.abc import Iterator

from ...host_datapath.spec import LAYER_4
from ..derive.datapath import hw_tc_offload, lag_port_select_mode
from ..derive.names import representors, vf_interfaces
from ..model import Model
from ..problems import Path, Problem
from ..sections.nics import NicProfile, Port
from ..sections.scalars import INTERFACE_LENGTH
from .report import error, warning

#: VFs on a port: mlx5 refuses LAG offload above 64; an 82576 has 7 beside its PF.
MOST_VFS = {"mlx5_core": 64, "igb": 7, "netdevsim": 64}
VF_LAG_MODES = ("802.3ad", "balance-xor", "active-backup")


def check(model: Model) -> Iterator[Problem]:
    """All rules of NIC profiles."""
    for name, profile in model.nic_profiles.items():
        yield from check_profile(profile, ("site_nic_profiles", name))


def check_profile(profile: NicProfile, path: Path) -> Iterator[Problem]:
    """The rules of one profile, its keys below *path*."""
    yield from _ports(profile, path)
    yield from _vfs(profile, path)
    yield from _eswitch(profile, path)
    yield from _bond(profile, path)
    yield from _names(profile, path)
    if profile.driver == "mlx5_core":
        yield from _firmware(profile, path)
    else:
        yield from _mlx5_only(profile, path)


def _ports(profile: NicProfile, path: Path) -> Iterator[Problem]:
    simulated = profile.driver == "netdevsim"
    complete = True
    for number, port in enumerate(profile.ports):
        here = (*path, "ports", number)
        if simulated and (port.device is None or port.port is None or port.pci_address):
            complete = False
            fix = "Give device and port, and no pci_address."
            yield error("port-address", here, "a netdevsim port is a device and a port", fix)
        elif not simulated and (port.pci_address is None or port.device or port.port is not None):
            complete = False
            fix = "Give pci_address, and neither device nor port."
            yield error("port-address", here, f"a port of {profile.driver} is a PCI address", fix)
    if complete:
        yield from _one_nic(profile.ports, path)


def _one_nic(ports: list[Port], path: Path) -> Iterator[Problem]:
    first, second = ports
    here = (*path, "ports", 1)
    if first.pci_address and second.pci_address:
        where, value = (*here, "pci_address"), second.pci_address
        same = first.pci_address == second.pci_address
        together = first.pci_address.partition(".")[0] == second.pci_address.partition(".")[0]
    else:
        where, value = (*here, "device"), second.device
        same = (first.device, first.port) == (second.device, second.port)
        together = first.device == second.device
    if same:
        message, fix = "is the first port once more", "Name the NIC's other port."
        yield error("port-duplicate", where, message, fix, value)
    elif not together:
        message = f"is another NIC than {first.pci_address or first.device}"
        fix = "VF-LAG joins exactly the two ports of one NIC: same address, other function."
        yield error("one-nic", where, message, fix, value)


def _vfs(profile: NicProfile, path: Path) -> Iterator[Problem]:
    most = MOST_VFS[profile.driver]
    if profile.vfs > most:
        message = f"{profile.driver} takes at most {most} VFs on a port"
        if profile.driver == "mlx5_core":
            message = f"the kernel refuses LAG offload with more than {most} VFs on a port"
        yield error("vf-count", (*path, "vfs"), message, f"Use at most {most}.", profile.vfs)
    if profile.driver == "mlx5_core" and profile.eswitch_mode == "legacy" and not profile.vfs:
        message = "the bond of a legacy NIC without VFs becomes RoCE LAG: one RDMA device"
        fix = "Set vfs, or expect one RDMA device for both ports."
        yield warning("roce-lag", (*path, "vfs"), message, fix, profile.vfs)
    if profile.eswitch_mode == "switchdev" and not profile.vfs:
        message, fix = "there is nothing to switch without VFs", "Set vfs, or use legacy."
        yield warning("switchdev-vfs", (*path, "eswitch_mode"), message, fix)
    if profile.vf_driver and not profile.vfs:
        message, fix = "means nothing without VFs", "Set vfs, or remove it."
        yield warning("vf-driver", (*path, "vf_driver"), message, fix, profile.vf_driver)


def _eswitch(profile: NicProfile, path: Path) -> Iterator[Problem]:
    if profile.eswitch_mode == "switchdev" and profile.driver == "igb":
        message, fix = "igb has no switchdev mode", "Use legacy."
        yield error("eswitch-driver", (*path, "eswitch_mode"), message, fix, "switchdev")
    if profile.eswitch_mode == "legacy" and profile.offload.hw_tc_offload:
        fix = "Use eswitch_mode: switchdev, or turn it off."
        where = (*path, "offload", "hw_tc_offload")
        yield error("offload-legacy", where, "there is no tc offload in legacy mode", fix, True)


def _bond(profile: NicProfile, path: Path) -> Iterator[Problem]:
    bond, switchdev = profile.bond, profile.eswitch_mode == "switchdev"
    mode, policy = (*path, "bond", "mode"), (*path, "bond", "transmit_hash_policy")
    if bond.mode == "broadcast":
        fix = "Use 802.3ad."
        yield error("bond-mode", mode, "sends every packet on both ports", fix, bond.mode)
    elif switchdev and bond.mode not in VF_LAG_MODES:
        fix = f"Use one of {', '.join(VF_LAG_MODES)}."
        yield error("bond-mode", mode, "is a mode that VF-LAG does not take", fix, bond.mode)
    elif bond.mode != "802.3ad" and "lacp_rate" in bond.model_fields_set:
        fix = "Use 802.3ad, or remove it."
        where = (*path, "bond", "lacp_rate")
        yield warning("lacp-rate", where, f"means nothing in mode {bond.mode}", fix)
    if profile.driver != "mlx5_core" or not switchdev:
        return
    if bond.transmit_hash_policy not in LAYER_4:
        return
    if lag_port_select_mode(profile) == "queue_affinity":
        fix = "Use lag_port_select_mode: hash, or another policy."
        message = "is ignored in queue affinity mode: each VF stays on one port"
        yield error("hash-mode", policy, message, fix, bond.transmit_hash_policy)
    elif hw_tc_offload(profile):
        message = "with tc offload is supported upstream in hash mode, and not by Red Hat"
        fix = "Use layer2+3, or see that verify finds the LAG's port_sel_mode to be hash."
        yield warning("hash-offload", policy, message, fix, bond.transmit_hash_policy)


def _names(profile: NicProfile, path: Path) -> Iterator[Problem]:
    """Derived interface names fit the kernel; the longest stands for all."""
    for what, names, key in (
        ("VF's interface", vf_interfaces(profile), ("vfs",)),
        ("representor", representors(profile), ("representor_pattern",)),
    ):
        longest = max(names, key=len, default="")
        if len(longest) > INTERFACE_LENGTH:
            message = f"{what} {longest!r} has {len(longest)} characters, above {INTERFACE_LENGTH}"
            fix = "Shorten the ports' names or the pattern."
            yield error("interface-length", (*path, *key), message, fix)


def _firmware(profile: NicProfile, path: Path) -> Iterator[Problem]:
    def refuse(setting: str, message: str, fix: str) -> Problem:
        value = profile.firmware[setting]
        return error("firmware", (*path, "firmware", setting), message, fix, value)

    number = profile.firmware.get("NUM_OF_VFS")
    if number is not None and (not number.isdigit() or int(number) < profile.vfs):
        fix = "Remove it: it follows from vfs."
        yield refuse("NUM_OF_VFS", f"does not allow {profile.vfs} VFs", fix)
    if profile.vfs and profile.firmware.get("SRIOV_EN", "1") not in ("1", "True"):
        yield refuse("SRIOV_EN", "forbids VFs", "Remove it: it follows from vfs.")
    hashed = lag_port_select_mode(profile) == "hash"
    if hashed and profile.firmware.get("LAG_RESOURCE_ALLOCATION", "1") != "1":
        fix = "Remove it: it follows from lag_port_select_mode."
        yield refuse("LAG_RESOURCE_ALLOCATION", "forbids hash mode", fix)


def _mlx5_only(profile: NicProfile, path: Path) -> Iterator[Problem]:
    for key, value in (
        (("offload", "lag_port_select_mode"), profile.offload.lag_port_select_mode),
        (("offload", "flow_steering_mode"), profile.offload.flow_steering_mode),
        (("firmware",), profile.firmware or None),
        (("lossless",), profile.lossless),
        (("driver_source",), "doca" if profile.driver_source == "doca" else None),
    ):
        if value is not None:
            shown = value if isinstance(value, str) else None
            message, fix = f"{profile.driver} has no such setting", "Remove it."
            yield error("driver-setting", (*path, *key), message, fix, shown)

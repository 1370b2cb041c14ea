"""The eswitch: what must be set before switchdev, the mode itself, offload, representors."""

from __future__ import annotations

from ..converge import Step
from ..system import System
from . import udev
from .drivers.base import Driver, Facts
from .kernel import read_links, read_offload, read_params, representors
from .spec import Nic, Port
from .work import Work

#: Seconds that a change of mode may take; each representor is made on the way.
PATIENCE = 60.0


def mode_of(system: System, drv: Driver, port: Port) -> Facts:
    """What devlink says of the eswitch: mode, inline-mode; empty if it says nothing."""
    return read_params(system, [drv.handle(port)]).get(drv.handle(port), {})


def mode_step(
    system: System, drv: Driver, port: Port, before: str, mode: str, disrupts: str = ""
) -> Step:
    """Set the eswitch's mode and wait until its ports carry (or have lost) a switch ID."""

    def do() -> None:
        system.run("devlink", "dev", "eswitch", "set", drv.handle(port), "mode", mode)

    def problem() -> str | None:
        now = mode_of(system, drv, port).get("mode")
        if now != mode:
            return f"the eswitch of {port.name} is {now}"
        if mode == "switchdev" and not system.read(f"/sys/class/net/{port.name}/phys_switch_id"):
            return f"{port.name} has no phys_switch_id yet"
        return None

    return Step(
        name=f"{mode}:{port.name}",
        why="VFs and settings need legacy mode" if mode == "legacy" else "the model's eswitch mode",
        do=do,
        proof=problem,
        before=before,
        after=mode,
        disrupts=disrupts,
        patience=PATIENCE,
    )


def setting_step(
    system: System, drv: Driver, port: Port, name: str, before: str, value: str
) -> Step:
    """Set one thing that only legacy mode lets set."""

    def problem() -> str | None:
        params = read_params(system, [drv.handle(port)]).get(drv.handle(port), {})
        now = drv.settings(system, port, params, port.name).get(name)
        return None if now == value else f"{name} of {port.name} is {now}"

    return Step(
        name=f"{name.replace('_', '-')}:{port.name}",
        why="must be set before the eswitch goes to switchdev",
        do=lambda: drv.set(system, port, name, value),
        proof=problem,
        before=before,
        after=value,
        patience=5,
    )


def offload_step(system: System, names: list[str], label: str, on: bool) -> Step:
    """Turn hw-tc-offload on or off on interfaces."""
    wanted = "on" if on else "off"

    def do() -> None:
        for name in names:
            system.run("ethtool", "-K", name, "hw-tc-offload", wanted)

    def problem() -> str | None:
        now = read_offload(system)
        wrong = [name for name in names if now.get(name, "").partition(" ")[0] != wanted]
        return f"hw-tc-offload of {wrong[0]} is {now.get(wrong[0])}" if wrong else None

    return Step(
        name=f"hw-tc-offload:{label}",
        why="without it the NIC takes no flows" if on else "the model has no offload here",
        do=do,
        proof=problem,
        before="off" if on else "on",
        after=wanted,
        patience=5,
    )


def up_step(system: System, names: list[str], label: str) -> Step:
    """Take interfaces up: a change of mode takes the port down, representors start down."""

    def do() -> None:
        batch = "".join(f"link set dev {name} up\n" for name in names)
        system.run("ip", "-batch", "-", stdin=batch)

    def problem() -> str | None:
        links = read_links(system)
        down = [name for name in names if not links.get(name, {}).get("up")]
        return f"{down[0]} is down" if down else None

    return Step(
        name=f"up:{label}",
        why="interfaces are down after a change of mode",
        do=do,
        proof=problem,
        before="down",
        after="up",
        patience=10,
    )


def representor_names(nic: Nic, port: Port) -> list[str]:
    """The names that the port's representors must have."""
    return [nic.representor(port, n) for n in range(nic.vfs)]


def representors_wrong(work: Work, port: Port) -> bool:
    """Whether representors are missing, or not under their names."""
    if not work.nic.switchdev:
        return False
    of_port = {n for n, v in work.facts["representors"].items() if v["port"] == port.name}
    missing = set(representor_names(work.nic, port)) - of_port
    return bool(missing) or port.name in work.lift


def offload_steps(system: System, work: Work) -> list[Step]:
    """hw-tc-offload of the ports, where it differs or the change of mode may reset it."""
    wanted = "on" if work.nic.hw_tc_offload else "off"
    names = []
    for port in work.nic.ports:
        now = (work.port(port)["hw_tc_offload"] or "off").partition(" ")[0]
        if now != wanted or (work.nic.hw_tc_offload and port.name in work.lift):
            names.append(port.name)
    return [offload_step(system, names, work.nic.name, work.nic.hw_tc_offload)] if names else []


def representors_step(system: System, nic: Nic, port: Port) -> Step:
    """Wait for all representors of a port, and name those that udev did not."""

    def wrong() -> dict[str, str]:
        found = representors(nic, read_links(system), {})
        return {
            name: nic.representor(port, facts["vf"])
            for name, facts in found.items()
            if facts["port"] == port.name and facts["vf"] < nic.vfs
        }

    def do() -> None:
        udev.settle(system)
        udev.rename(system, wrong(), up=False)

    def problem() -> str | None:
        missing = set(representor_names(nic, port)) - set(wrong())
        return f"representor {min(missing)} has not appeared" if missing else None

    return Step(
        name=f"representors:{port.name}",
        why="each VF has a representor, named by port and number",
        do=do,
        proof=problem,
        before="",
        after=representor_names(nic, port),
        patience=PATIENCE,
    )

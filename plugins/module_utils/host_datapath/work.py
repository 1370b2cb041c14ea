"""What one NIC needs, decided from the facts before any step is laid down."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import bond, sriov
from .drivers import driver
from .drivers.base import Driver, Facts
from .paths import BEFORE_NETWORK
from .spec import Nic, Port


@dataclass
class Work:
    """Decisions for one NIC; ports by name.

    recreate  the number of VFs changes.
    lower     switchdev has to be left first (or for good).
    lift      switchdev has to be entered.
    settings  port → setting → value, to be set in legacy mode.
    unbind    port → VFs that a driver must leave.
    bind      ports whose VFs get a driver.
    reform    the LAG has to come up (again), which VFs must wait for.
    early     the kernel has looked at the LAG too early: a member has to change once more.
    """

    nic: Nic
    drv: Driver
    facts: Facts
    owners: list[Port]
    recreate: set[str] = field(default_factory=set)
    lower: set[str] = field(default_factory=set)
    lift: set[str] = field(default_factory=set)
    settings: dict[str, dict[str, str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    unbind: dict[str, list[Facts]] = field(default_factory=dict)
    bind: set[str] = field(default_factory=set)
    reform: bool = False
    early: bool = False

    @property
    def touched(self) -> bool:
        """Whether steps 4 to 8 change this NIC."""
        return bool(self.recreate or self.lower or self.lift)

    @property
    def released(self) -> list[str]:
        """Ports that leave the bond for the change, as such a NIC's ports are enslaved last."""
        if not (self.drv.own_lag and self.touched):
            return []
        members = (self.facts["bond"] or {"members": []})["members"]
        return [p.name for p in self.nic.ports if p.name in members]

    def disrupts(self, port: Port) -> str:
        """What a change of the port's VFs or eswitch disturbs: a bond that carries traffic.

        Ports of one device change together.
        """
        parent = self.drv.parent(port)
        ports = [p for p in self.nic.ports if self.drv.parent(p) == parent]
        return "network" if any(self.port(p)["master"] for p in ports) else ""

    def port(self, port: Port) -> Facts:
        return self.facts["ports"][port.name]

    def macs(self, port: Port) -> dict[int, str]:
        """VF number → MAC to set: on new VFs, and on those that no driver has."""
        facts, free = self.port(port), {vf["index"] for vf in self.unbind.get(port.name, [])}
        if not self.drv.vf_functions or not facts.get("mac"):
            return {}
        if port.name in self.recreate:
            return {n: sriov.vf_mac(facts["mac"], n) for n in range(self.nic.vfs)}
        found = {}
        for vf in facts["vfs"]:
            wanted = sriov.vf_mac(facts["mac"], vf["index"])
            idle = not vf["driver"] or vf["index"] in free
            if idle and vf["mac"] not in (None, wanted):
                found[vf["index"]] = wanted
        return found

    def settle_bind(self, port: Port) -> None:
        """Decide which ports' VFs get a driver, from what is unbound or will be."""
        name, vfs = port.name, self.port(port)["vfs"]
        unbound = any(not vf["driver"] for vf in vfs) or bool(self.unbind.get(name))
        self.bind.discard(name)
        if self.nic.vfs and self.nic.vf_driver != "none" and (unbound or name in self.recreate):
            self.bind.add(name)


def decide(nic: Nic, facts: Facts, phase: str) -> Work:
    """Compare a NIC's facts with the model."""
    drv = driver(nic.driver)
    work = Work(nic, drv, facts, [p for p in nic.ports if drv.owns_vfs(nic, p)])
    for port in nic.ports:
        netdev = work.port(port).get("netdev")
        if netdev and netdev != port.name:
            work.names[netdev] = port.name
    for port in work.owners:
        _decide_port(work, port)
    broken = phase != BEFORE_NETWORK and lag_problem(work) is not None
    work.reform = broken or (drv.vfs_wait_for_lag(nic) and work.touched)
    for port in work.owners:
        _decide_vfs(work, port)
    # on a bond in order, or with VFs in the way, the LAG does not come by itself
    idle = bool(work.unbind) or bond.state_problem(nic, facts["bond"]) is None
    work.early = broken and not work.touched and idle
    return work


def lag_problem(work: Work) -> str | None:
    """Why the LAG, where the device has one, is not what VFs wait for."""
    if not work.drv.vfs_wait_for_lag(work.nic):
        return None
    nic, facts = work.nic, work.facts
    return bond.membership_problem(nic, facts["bond"]) or work.drv.lag_problem(nic, facts["lag"])


def _decide_port(work: Work, port: Port) -> None:
    nic, facts, name = work.nic, work.port(port), port.name
    incomplete = work.drv.vf_functions and any(not vf["address"] for vf in facts["vfs"])
    if len(facts["vfs"]) != nic.vfs or incomplete:
        work.recreate.add(name)
    wanted = work.drv.wanted_settings(nic, facts)
    wrong = {k: v for k, v in wanted.items() if facts["settings"].get(k) != v}
    if wrong:
        work.settings[name] = wrong
    in_switchdev = facts["eswitch_mode"] == "switchdev"
    if in_switchdev and (not nic.switchdev or name in work.recreate or wrong):
        work.lower.add(name)
    if nic.switchdev and (not in_switchdev or name in work.lower):
        work.lift.add(name)


def _decide_vfs(work: Work, port: Port) -> None:
    nic, name, vfs = work.nic, port.name, work.port(port)["vfs"]
    if not work.drv.vf_functions:
        return
    every = work.reform or name in work.recreate | work.lower | work.lift
    unbind = [vf for vf in vfs if vf["driver"] and (every or sriov.bound_wrong(nic, vf))]
    if unbind:
        work.unbind[name] = unbind
    work.settle_bind(port)

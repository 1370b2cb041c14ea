"""The LAG (11): the bond in one aggregator with its partner, and the NIC's own where it has one."""

from __future__ import annotations

from ..converge import Step
from ..system import System
from . import bond
from .work import Work

#: Seconds that the kernel may take to look at its LAG.
LOOK = 5.0


def step(system: System, work: Work) -> Step:
    """Wait until the bond, and the NIC's own LAG where it has one, are active."""
    nic, drv = work.nic, work.drv

    def do() -> None:
        waited = 0.0
        while work.early and not work.unbind and problem() and waited < LOOK:
            system.sleep(0.5)
            waited += 0.5
        if work.early and problem():
            # the kernel looks at its LAG again only when a member changes
            name = nic.ports[1].name
            batch = f"link set dev {name} down\nlink set dev {name} up\n"
            system.run("ip", "-batch", "-", stdin=batch)

    def problem() -> str | None:
        facts = bond.read(system, nic.bond.name)
        state = bond.state_problem(nic, facts)
        if state or not drv.vfs_wait_for_lag(nic):
            return state
        lag = drv.lag(system, nic)
        return drv.lag_problem(nic, lag) or (
            drv.mapping_problem(nic, lag) if bond.all_linked(facts) else None
        )

    return Step(
        name=f"lag:{nic.bond.name}",
        why="VFs and services wait for an active LAG",
        do=do,
        proof=problem,
        before=problem() or "to be formed anew",
        after="active",
        disrupts="network" if work.early else "",
        patience=bond.PATIENCE,
    )

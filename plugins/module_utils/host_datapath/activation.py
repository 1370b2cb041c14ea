"""The network manager's files: written, then made effective, also by the run after a cut."""

from __future__ import annotations

from ..converge import Step
from ..system import System
from . import bond, networks, record
from .drivers.base import Facts
from .kernel import read_links
from .network import NetworkManager
from .spec import Spec


def changed_files(facts: Facts) -> list[str]:
    """Paths whose text differs, those to be removed included."""
    wanted, present = facts["wanted"], facts["present"]
    paths = {p for p, text in wanted.items() if present.get(p) != text.rstrip()}
    return sorted(paths | {p for p in present if p not in wanted})


def files_step(system: System, manager: NetworkManager, facts: Facts, changed: list[str]) -> Step:
    """Write and remove files. What is not yet effective is recorded first."""
    wanted, present = facts["wanted"], facts["present"]

    def do() -> None:
        pending = {*record.read(system)["pending"], *changed}
        record.update(system, pending=sorted(pending))
        for path in changed:
            if path in wanted:
                system.write_file(path, wanted[path], manager.mode(path))
            else:
                system.remove(path)

    def problem() -> str | None:
        wrong = [
            p for p in changed if system.read(p) != (wanted[p].rstrip() if p in wanted else None)
        ]
        return f"{wrong[0]} is not as written" if wrong else None

    return Step(
        name="network:files",
        why=f"the bond, its VLANs and addresses are {manager.name}'s to make",
        do=do,
        proof=problem,
        before={p: f"{present[p]}\n" if present.get(p) else "" for p in changed},
        after={p: wanted.get(p, "") for p in changed},
    )


def activate_step(
    system: System, spec: Spec, manager: NetworkManager, changed: list[str], why: str
) -> Step:
    """Make the files effective, and wait until what runs is what they say."""

    def do() -> None:
        pending = {*record.read(system)["pending"], *changed}
        manager.activate(system, spec, sorted(pending))

    def problem() -> str | None:
        wrong = running_problem(system, spec)
        if not wrong:
            record.update(system, pending=[])
        return wrong

    return Step(
        name="network:activate",
        why=why,
        do=do,
        proof=problem,
        before=why,
        after="as the files say",
        disrupts="network",
        patience=bond.PATIENCE,
    )


def running_problem(system: System, spec: Spec) -> str | None:
    """What differs between the model and the bonds, VLANs, addresses and routes that run."""
    for nic in spec.nics:
        problem = bond.config_problem(nic, bond.read(system, nic.bond.name))
        if problem:
            return problem
    return networks.problem(spec, read_links(system), networks.read_routes(system, spec))

"""The order that works, laid down as steps; only what differs is in it.

Numbers in brackets are those of the order in docs/design/datapath.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain

from ..converge import Plan, Refusal, Step
from ..system import System
from . import (
    activation,
    bond,
    bridges,
    eswitch,
    firmware,
    gate,
    lag,
    management,
    networks,
    record,
    retire,
    rules,
    sriov,
    udev,
)
from .drivers import driver
from .drivers.base import Facts
from .network import NetworkManager
from .paths import AFTER_NETWORK, ALL, BEFORE_NETWORK
from .spec import Port, Spec
from .users import users_of
from .work import Work, decide, lag_problem


def plan(
    system: System,
    spec: Spec,
    manager: NetworkManager,
    phase: str,
    facts: Facts,
    connection: str | None = None,
) -> Plan:
    """Steps from the facts to the spec, or refusals. *connection*: as of engine.Datapath."""
    return _Planner(system, spec, manager, phase, facts, connection).plan()


@dataclass
class _Planner:
    system: System
    spec: Spec
    manager: NetworkManager
    phase: str
    facts: Facts
    connection: str | None
    result: Plan = field(default_factory=Plan)
    works: list[Work] = field(default_factory=list)

    def plan(self) -> Plan:
        for nic in self.spec.nics:
            facts = self.facts["nics"][nic.name]
            work = Work(nic, driver(nic.driver), facts, [])
            self.result.refusals += rules.of_the_model(work)
            self.result.refusals += rules.of_the_devices(work)
        if self.result.refusals:
            return self.result
        self.works = [decide(n, self.facts["nics"][n.name], self.phase) for n in self.spec.nics]
        if self.phase == ALL and firmware.plan(self.system, self.works, self.result):
            return self.result
        self._refuse()
        self.result.steps += {
            ALL: self._everything,
            BEFORE_NETWORK: self._before_network,
            AFTER_NETWORK: self._after_network,
        }[self.phase]()
        return self.result

    def _refuse(self) -> None:
        refusals = self.result.refusals
        for work in self.works:
            refusals += rules.of_the_host(work)
            self.result.warnings += [*rules.warnings(work), *self._without_settings(work)]
            for port in work.owners:
                self._keep_used_vfs(work, port)
        refusals += management.refusals(
            self.system, self.spec, self.works, self.facts, self.phase, self.connection
        )
        refusals += rules.of_bridges(self.spec, self.works, self.facts)
        refusals += rules.of_others(self.works, self.facts)
        if self.phase == AFTER_NETWORK:
            refusals += rules.of_boot(self.works)

    def _without_settings(self, work: Work) -> list[str]:
        return [
            f"{port.name}: devlink has no {name} for it, {value} is not set"
            for port in work.owners
            for name, value in work.drv.missing_settings(work.nic, work.port(port)).items()
        ]

    def _keep_used_vfs(self, work: Work, port: Port) -> None:
        """A VF in use is never taken away; one lent to a VM is not the engine's to rebind."""
        unbind = work.unbind.get(port.name, [])
        used = users_of(self.system, [(port, vf) for vf in unbind], self.facts["links"])
        if work.reform or work.touched or work.nic.vf_driver:
            self.result.refusals += [
                Refusal("vf-in-use", line, "Move its user away first") for line in used.values()
            ]
        elif used:
            work.unbind[port.name] = [vf for vf in unbind if vf["address"] not in used]
            work.settle_bind(port)

    def _everything(self) -> list[Step]:
        system, spec, facts = self.system, self.spec, self.facts
        kept: Facts = {}
        devices, kept["devices"], left_devices = retire.devices(system, facts)
        links, kept["links"], left_links = retire.links(system, spec, facts)
        old_bridges, kept["bridges"], left_bridges = bridges.retire(system, spec, facts)
        former, foreign = networks.extra(spec, facts)
        left_addresses = [
            f"{name} has {', '.join(found)}, which the kit did not give"
            for name, found in foreign.items()
        ]
        self.result.left += [*left_devices, *left_links, *left_addresses, *left_bridges]
        first, last = record.steps(system, facts["applied"], spec, kept)
        switch, warnings = bridges.lay_down(system, spec, self.works, facts, self.phase)
        if self._bond_to_come():
            closed = [gate.close_step(system, "there is no bond")] if facts["gate"]["open"] else []
            return [*closed, *first, *self._before_network(), *last]
        self.result.warnings += warnings
        steps = [
            *first,
            *self._names(),
            *bridges.unplug(system, spec, facts["openvswitch"]),
            *self._unbind(),
            *devices,
            *self._vfs(),
            *self._eswitch(),
            *self._network(),
            *(networks.remove_step(system, name, found) for name, found in former.items()),
            *links,
            *self._lag_and_bind(),
            *switch,
            *old_bridges,
            *last,
        ]
        return self._gated(steps)

    def _bond_to_come(self) -> bool:
        """Whether Kayobe has still to make a bond: its ports must be ready before."""
        missing = [work.nic.bond.name for work in self.works if work.facts["bond"] is None]
        if self.manager.makes_bonds or not missing:
            return False
        self.result.warnings.append(
            f"{missing[0]} is not there yet and is Kayobe's to make; run again after it"
        )
        return True

    def _before_network(self) -> list[Step]:
        return [*self._names(), *self._unbind(), *self._vfs(), *self._eswitch()]

    def _after_network(self) -> list[Step]:
        switch, warnings = bridges.lay_down(
            self.system, self.spec, self.works, self.facts, self.phase
        )
        self.result.warnings += warnings
        return self._gated([*self._unbind(), *self._lag_and_bind(), *switch])

    def _gated(self, steps: list[Step]) -> list[Step]:
        """Closed while a LAG is not active, open after everything else."""
        is_open, closing = self.facts["gate"]["open"], any(map(self._waits_for_lag, self.works))
        if closing and is_open:
            steps = [gate.close_step(self.system, "the LAG is not active"), *steps]
        return [*steps, gate.open_step(self.system)] if closing or not is_open else steps

    def _waits_for_lag(self, work: Work) -> bool:
        """Whether the bond or LAG is not, or will not stay, as it must be."""
        now = work.facts["bond"]
        problem = bond.config_problem(work.nic, now) or bond.state_problem(work.nic, now)
        return bool(work.touched or work.names or problem or lag_problem(work))

    def _names(self) -> list[Step]:
        """(4)"""
        steps = []
        now, wanted = self.facts["rules"]["text"], self.facts["rules"]["wanted"]
        if (now or "") != wanted.rstrip():
            steps.append(udev.rules_step(self.system, now, wanted))
        for work in self.works:
            if work.names:
                in_use = any(facts["master"] for facts in work.facts["ports"].values())
                disrupts = "network" if in_use else ""
                steps.append(
                    udev.rename_step(self.system, work.nic.name, work.names, disrupts=disrupts)
                )
        return steps

    def _unbind(self) -> list[Step]:
        """(6), before all that VFs must not see."""
        steps = []
        for work in self.works:
            why = "VFs must wait for the LAG" if work.reform else "not the model's driver"
            for port in work.owners:
                vfs = work.unbind.get(port.name)
                if vfs:
                    steps.append(sriov.unbind_step(self.system, work.nic, port, vfs, why))
        return steps

    def _vfs(self) -> list[Step]:
        """(5), with the eswitch in legacy mode and the ports in no bond."""
        system = self.system
        released, lowered, made, macs = [], [], [], []
        for work in self.works:
            for name in work.released:
                released.append(bond.release_step(system, name, work.nic.bond.name))
            for port in work.owners:
                disrupts = work.disrupts(port)
                if port.name in work.lower:
                    lowered.append(
                        eswitch.mode_step(system, work.drv, port, "switchdev", "legacy", disrupts)
                    )
                if port.name in work.recreate:
                    count = len(work.port(port)["vfs"])
                    made.append(
                        sriov.create_step(system, work.drv, port, count, work.nic.vfs, disrupts)
                    )
                if work.macs(port):
                    macs.append(sriov.mac_step(system, port, work.macs(port)))
        return [*released, *lowered, *made, *macs]

    def _eswitch(self) -> list[Step]:
        """(7) to (9)"""
        system = self.system
        settings, lifted, offload = [], [], []
        for work in self.works:
            changed = []
            for port in work.owners:
                now = work.port(port)["settings"]
                for name, value in work.settings.get(port.name, {}).items():
                    settings.append(
                        eswitch.setting_step(system, work.drv, port, name, now[name], value)
                    )
                if port.name in work.lift:
                    lifted.append(
                        eswitch.mode_step(
                            system, work.drv, port, "legacy", "switchdev", work.disrupts(port)
                        )
                    )
                if port.name in work.lift | work.lower:
                    changed.append(port.name)
            offload += eswitch.offload_steps(system, work)
            if changed:
                offload.append(eswitch.up_step(system, changed, work.nic.name))
            for port in work.owners:
                if eswitch.representors_wrong(work, port):
                    offload.append(eswitch.representors_step(system, work.nic, port))
        return [*settings, *lifted, *offload]

    def _network(self) -> list[Step]:
        """(10): strangers out of bonds, files, activation."""
        system, spec, facts = self.system, self.spec, self.facts
        steps = []
        for work in self.works:
            members = set((work.facts["bond"] or {"members": []})["members"])
            ours = {p.name for p in work.nic.ports} | set(work.names)
            for stranger in sorted(members - ours):
                steps.append(bond.release_step(system, stranger, work.nic.bond.name))
        changed = activation.changed_files(facts["network"])
        if changed:
            steps.append(activation.files_step(system, self.manager, facts["network"], changed))
        drift = (bond.config_problem(w.nic, w.facts["bond"]) for w in self.works)
        moved = (f"{w.nic.bond.name} lost its members" for w in self.works if w.released or w.names)
        reasons = chain(drift, moved, [networks.problem(spec, facts["links"], facts["routes"])])
        why = next(filter(None, reasons), None)
        if changed or facts["applied"]["pending"] or why:
            why = why or "the files have changed"
            steps.append(activation.activate_step(system, spec, self.manager, changed, why))
        return steps

    def _lag_and_bind(self) -> list[Step]:
        """(11) and (12)"""
        system = self.system
        active = [lag.step(system, work) for work in self.works if self._waits_for_lag(work)]
        bound = []
        for work in self.works:
            nic = work.nic
            for port in work.owners:
                vfs = work.port(port)["vfs"]
                if port.name in work.bind:
                    bound.append(sriov.bind_step(system, nic, port, nic.vfs))
                rename = port.name in work.bind or udev.wrong_vf_names(
                    nic, port, vfs, self.facts["links"]
                )
                if rename and nic.vf_driver == "":
                    bound.append(udev.vf_names_step(system, nic, port, nic.vfs))
        return [*active, *bound]

"""Verify: what a user of the datapath would notice, asked of the facts of a full run."""

from __future__ import annotations

from collections.abc import Iterator

from ..converge import Check
from . import bond, eswitch, host_checks
from .drivers.base import Facts
from .host_checks import compare
from .paths import ALL
from .spec import Nic, Spec
from .work import Work, decide


def verify(spec: Spec, facts: Facts) -> list[Check]:
    """One check for each thing that must hold."""
    works = [decide(nic, facts["nics"][nic.name], ALL) for nic in spec.nics if _there(nic, facts)]
    checks: list[Check] = []
    for nic in spec.nics:
        if not _there(nic, facts):
            checks.append(compare(f"{nic.name}: ports", "present", "missing", "names", "lspci -D"))
    for work in works:
        for part in (_ports, _vfs, _eswitch, _bond, _lag):
            checks += part(work, facts)
    return checks + host_checks.verify(spec, facts)


def _there(nic: Nic, facts: Facts) -> bool:
    return all(p["present"] for p in facts["nics"][nic.name]["ports"].values())


def _ports(work: Work, facts: Facts) -> Iterator[Check]:
    for port in work.nic.ports:
        now, source = work.port(port), work.drv.source
        yield compare(f"{port.name}: name", port.name, now["netdev"], "names", "ip -d link", source)
        yield compare(
            f"{port.name}: MTU",
            work.nic.mtu,
            now["mtu"],
            "network:activate",
            f"ip link show {port.name}",
            source,
        )
        if work.nic.hw_tc_offload:
            yield compare(
                f"{port.name}: hw-tc-offload",
                "on",
                now["hw_tc_offload"],
                "hw-tc-offload",
                f"ethtool -k {port.name}",
                source,
            )


def _vfs(work: Work, facts: Facts) -> Iterator[Check]:
    nic, source = work.nic, work.drv.source
    for port in work.owners:
        vfs = work.port(port)["vfs"]
        look = f"{work.drv.device(port)}/sriov_numvfs"
        yield compare(f"{port.name}: VFs", nic.vfs, len(vfs), "vfs", look, source)
        if not work.drv.vf_functions or not nic.vfs:
            continue
        wanted = {"": "a kernel driver", "none": "no driver"}.get(nic.vf_driver, nic.vf_driver)
        wrong = [vf["address"] or vf["index"] for vf in vfs if not _bound_well(nic, vf)]
        yield Check(
            f"{port.name}: VFs bound",
            not wrong,
            wanted,
            wrong or wanted,
            source,
            "bind",
            "lspci -nnk -d ::0200; was a VF bound before the LAG was active?",
        )


def _bound_well(nic: Nic, vf: Facts) -> bool:
    if nic.vf_driver == "":
        return vf["driver"] is not None  # vfio as well: a VM may have it
    return vf["driver"] == (None if nic.vf_driver == "none" else nic.vf_driver)


def _eswitch(work: Work, facts: Facts) -> Iterator[Check]:
    nic, drv = work.nic, work.drv
    if not drv.switchdev:
        return
    ids = set()
    for port in work.owners:
        now = work.port(port)
        yield compare(
            f"{port.name}: eswitch mode",
            nic.eswitch_mode,
            now["eswitch_mode"],
            nic.eswitch_mode,
            f"devlink dev eswitch show {drv.handle(port)}",
            drv.source,
        )
        wanted = {**drv.wanted_settings(nic, now), **drv.missing_settings(nic, now)}
        for name, value in wanted.items():
            yield compare(
                f"{port.name}: {name}",
                value,
                now["settings"][name],
                name.replace("_", "-"),
                f"devlink dev param show {drv.handle(port)}",
                drv.source,
            )
        if nic.switchdev:
            ids.add(now["phys_switch_id"])
            names = eswitch.representor_names(nic, port)
            missing = sorted(set(names) - set(work.facts["representors"]))
            yield Check(
                f"{port.name}: representors",
                not missing,
                len(names),
                f"missing: {', '.join(missing)}" if missing else len(names),
                drv.source,
                "representors",
                "devlink port show",
            )
    if nic.switchdev:
        yield Check(
            f"{nic.name}: one switch ID",
            len(ids) == 1 and None not in ids,
            "the same on all ports",
            sorted(map(str, ids)),
            drv.source,
            "switchdev",
            "/sys/class/net/*/phys_switch_id",
        )


def _bond(work: Work, facts: Facts) -> Iterator[Check]:
    nic, source, now = work.nic, work.drv.source, work.facts["bond"]
    name = nic.bond.name
    look = f"/proc/net/bonding/{name}"
    ports = sorted(p.name for p in nic.ports)
    members = sorted(now["members"]) if now else []
    yield compare(f"{name}: members", ports, members, "network:activate", look, source)
    if now is None:
        return
    for option, value in bond.wanted_options(nic.bond).items():
        got = now["options"][option]
        yield compare(f"{name}: {option}", value, got, "network:activate", look, source)
    states = now["states"]
    yield compare(f"{name}: MII status", "up", now["mii"], "lag", look, source)
    links = {n: s["mii"] for n, s in sorted(states.items())}
    yield compare(f"{name}: links", dict.fromkeys(links, "up"), links, "lag", look, source)
    if nic.bond.mode != "802.3ad":
        return
    partner = now["partner"] or bond.NO_PARTNER
    yield Check(
        f"{name}: LACP partner",
        partner != bond.NO_PARTNER,
        "a partner's MAC",
        partner,
        source,
        "lag",
        f"{look}; LACP on the switch's ports of {' and '.join(ports)}",
    )
    aggregators = {n: s["aggregator"] for n, s in sorted(states.items())}
    yield Check(
        f"{name}: one aggregator",
        bool(aggregators) and set(aggregators.values()) == {now["aggregator"]},
        f"both in {now['aggregator']}",
        aggregators,
        source,
        "lag",
        f"{look}; one LACP group on the switch",
    )


def _lag(work: Work, facts: Facts) -> Iterator[Check]:
    if work.drv.vfs_wait_for_lag(work.nic):
        lag = work.facts["lag"]
        problem = work.drv.lag_problem(work.nic, lag) or work.drv.mapping_problem(work.nic, lag)
        yield Check(
            f"{work.nic.bond.name}: LAG of the NIC",
            problem is None,
            {**work.drv.lag_wanted(work.nic), "mapping": "both ports"},
            problem or lag,
            work.drv.source,
            "lag",
            "the kernel's log; were VFs bound too early?",
        )

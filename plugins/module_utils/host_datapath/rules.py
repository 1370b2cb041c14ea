"""Rules that refuse a plan: what the kernel, the NIC or the host's other users forbid."""

from __future__ import annotations

from collections.abc import Iterator

from ..converge import Refusal
from . import bond, openvswitch
from .drivers.base import Facts
from .paths import UNIT_BEFORE_NETWORK
from .spec import LAYER_4, Spec
from .work import Work

#: Bond modes that the NICs' LAG offload knows.
LAG_MODES = ("802.3ad", "balance-xor", "active-backup")
BOND_MODES = (*LAG_MODES, "balance-rr", "balance-tlb", "balance-alb")


def of_the_model(work: Work) -> Iterator[Refusal]:
    """What cannot work on any host."""
    nic, drv = work.nic, work.drv
    where = f"NIC {nic.name}"
    if len({drv.nic_of(port) for port in nic.ports}) != 1:
        yield Refusal(
            "one-nic",
            f"{where}: {' and '.join(drv.parent(p) for p in nic.ports)} are not ports of one NIC",
            "A LAG in hardware joins exactly the two ports of one NIC",
        )
    allowed = LAG_MODES if drv.own_lag else BOND_MODES
    if nic.bond.mode not in allowed:
        yield Refusal(
            "bond-mode",
            f"{nic.bond.name}: mode {nic.bond.mode} is not offered with {nic.driver}",
            f"Use one of {', '.join(allowed)}",
        )
    if nic.switchdev and not drv.switchdev:
        yield Refusal(
            "no-switchdev",
            f"{where}: {nic.driver} has no switchdev mode",
            "Set eswitch_mode: legacy",
        )
    most = drv.max_vfs_with_lag
    if most is not None and nic.switchdev and nic.vfs > most:
        yield Refusal(
            "vfs-with-lag",
            f"{where}: the kernel refuses LAG offload above {most} VFs a port, not {nic.vfs}",
            f"Set vfs to {most} or fewer",
        )
    if (
        drv.own_lag
        and nic.switchdev
        and nic.bond.transmit_hash_policy in LAYER_4
        and nic.lag_port_select_mode != "hash"
    ):
        yield Refusal(
            "hash-policy",
            f"{nic.bond.name}: only hash mode follows {nic.bond.transmit_hash_policy}, "
            f"and lag_port_select_mode is {nic.lag_port_select_mode or 'not set'}",
            "Set lag_port_select_mode: hash, or transmit_hash_policy: layer2+3",
        )


def of_the_devices(work: Work) -> Iterator[Refusal]:
    """Devices that are not there, or not what the model says."""
    for port in work.nic.ports:
        facts = work.port(port)
        device = work.drv.handle(port)
        if not facts["present"]:
            yield Refusal(
                "device",
                f"{port.name}: there is no device {device} on this host",
                "Compare the NIC profile with lspci -D",
            )
        elif facts["driver"] != work.nic.driver:
            yield Refusal(
                "driver",
                f"{port.name}: {device} has driver {facts['driver']}, not {work.nic.driver}",
                "Correct the NIC profile, or load the driver",
            )
        elif not facts["netdev"]:
            yield Refusal(
                "interface",
                f"{port.name}: {device} has no network interface here",
                "Look whether the driver came up, and whether a namespace has the interface",
            )


def of_the_host(work: Work) -> Iterator[Refusal]:
    """What this device cannot do as it is now."""
    for port in work.owners:
        facts = work.port(port)
        total = facts["total_vfs"]
        if total is not None and work.nic.vfs > total:
            yield Refusal(
                "total-vfs",
                f"{port.name}: {work.nic.vfs} VFs wanted, the device has at most {total} now",
                "Lower vfs, or enable SR-IOV in BIOS and firmware (SRIOV_EN, NUM_OF_VFS)",
            )
    for port in work.nic.ports:
        offload = work.port(port).get("hw_tc_offload") or ""
        if work.nic.hw_tc_offload and "fixed" in offload and not work.lift and offload != "on":
            yield Refusal(
                "no-offload",
                f"{port.name}: the device has no TC offload",
                "Set hw_tc_offload: false",
            )


def of_bridges(spec: Spec, works: list[Work], facts: Facts) -> Iterator[Refusal]:
    """Ports that sit in somebody else's bridge."""
    switch = facts.get("openvswitch") or {}
    wanted = {
        p: b.name for b in (spec.openvswitch.bridges if spec.openvswitch else ()) for p in b.ports
    }
    netdevs = [
        f["netdev"] for work in works for f in work.facts["ports"].values() if f.get("netdev")
    ]
    for port in [*netdevs, *wanted]:
        bridge = openvswitch.bridge_of(switch, port)
        if not bridge or bridge == wanted.get(port):
            continue
        known = switch["bridges"][bridge]
        if not (known["ours"] or known["ports"][port]["ours"]):
            yield Refusal(
                "foreign-bridge",
                f"{port} is in Open vSwitch bridge {bridge}, which the kit has not made",
                f"Take it out (ovs-vsctl del-port {bridge} {port})",
            )


def of_others(works: list[Work], facts: Facts) -> Iterator[Refusal]:
    """Ports that somebody else's bridge or bond has, or that carry addresses of their own."""
    bonds = {work.nic.bond.name for work in works} | set(facts["applied"]["links"])
    links = facts["links"]
    for work in works:
        for port, now in work.facts["ports"].items():
            netdev, master = now["netdev"], now["master"]
            if master in bonds:
                continue
            # a port of Open vSwitch has this master, whichever bridge it is in
            known = openvswitch.bridge_of(facts.get("openvswitch") or {}, netdev)
            if master and not (master == "ovs-system" and known):
                yield Refusal(
                    "foreign-master",
                    f"{port}: {netdev} is in {master}, which the kit has not made",
                    f"Take it out (ip link set {netdev} nomaster), and out of the files for it",
                )
            above = [n for n, v in links.items() if v["lower"] == netdev]
            for name in [netdev, *above]:
                if links[name]["addresses"]:
                    yield Refusal(
                        "port-address",
                        f"{port}: {name} has {', '.join(links[name]['addresses'])}, "
                        f"and would lose its network in {work.nic.bond.name}",
                        "Remove the address and what configures it, or name another NIC",
                    )


def of_boot(works: list[Work]) -> Iterator[Refusal]:
    """After the network it is too late for what belongs before it."""
    for work in works:
        wrong = [f"name of {n}" for n in work.names]
        wrong += [f"VFs of {n}" for n in sorted(work.recreate)]
        wrong += [f"eswitch of {n}" for n in sorted(work.lower | work.lift)]
        if wrong:
            yield Refusal(
                "before-network",
                f"NIC {work.nic.name} was not ready before the network: {', '.join(wrong)}",
                f"See the journal of {UNIT_BEFORE_NETWORK}",
            )


def warnings(work: Work) -> Iterator[str]:
    """What works but deserves a look."""
    nic = work.nic
    if work.drv.own_lag and not nic.switchdev and not nic.vfs:
        yield (
            f"{nic.bond.name}: a bond in legacy mode without VFs becomes a RoCE LAG: "
            "one RDMA device for both ports"
        )
    if work.drv.own_lag and nic.switchdev and nic.bond.transmit_hash_policy in LAYER_4:
        yield (
            f"{nic.bond.name}: {nic.bond.transmit_hash_policy} with offload needs the firmware's "
            "hash mode (some vendors do not support the pair); verify looks at port_sel_mode"
        )
    states = (work.facts["bond"] or {"states": {}})["states"]
    for name, state in states.items():
        if state["mii"] != "up" and bond.membership_problem(nic, work.facts["bond"]) is None:
            yield f"{name} has no link: {nic.bond.name} runs on one member"

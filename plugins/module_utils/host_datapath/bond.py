"""The bond over a NIC's two ports: what the kernel says of it, and steps around it.

The host's network manager makes the bond from its files; the engine waits for it, proves
it and takes strangers out of it.
"""

from __future__ import annotations

from ..converge import Step
from ..system import System
from .drivers.base import Facts
from .spec import Bond, Nic

NO_PARTNER = "00:00:00:00:00:00"
#: Seconds that LACP may take: slow rate, both members, a switch that is busy.
PATIENCE = 60.0
#: Bond option in sysfs → field of the model.
OPTIONS = {
    "mode": "mode",
    "xmit_hash_policy": "transmit_hash_policy",
    "lacp_rate": "lacp_rate",
    "miimon": "miimon",
    "min_links": "min_links",
}
#: What only these modes have.
ONLY_IN = {
    "lacp_rate": ("802.3ad",),
    "min_links": ("802.3ad",),
    "xmit_hash_policy": ("802.3ad", "balance-xor", "balance-tlb"),
}


def read(system: System, name: str) -> Facts | None:
    """The bond's options, members and aggregators; None if there is no such bond."""
    folder = f"/sys/class/net/{name}/bonding"
    mode = system.read(f"{folder}/mode")
    if mode is None:
        return None
    options = {o: (system.read(f"{folder}/{o}") or "").partition(" ")[0] for o in OPTIONS}
    members = (system.read(f"{folder}/slaves") or "").split()
    report = parse_report(system.read(f"/proc/net/bonding/{name}") or "")
    return {"options": options, "members": members, **report}


def parse_report(text: str) -> Facts:
    """/proc/net/bonding/NAME: active aggregator, partner, and each member's state."""
    facts: Facts = {"aggregator": None, "partner": None, "mii": None, "states": {}}
    member: Facts | None = None
    partner = False
    for line in text.splitlines():
        key, _, value = (part.strip() for part in line.partition(":"))
        key = key.lower()
        if key == "slave interface":
            member = facts["states"][value] = {"mii": None, "aggregator": None, "partner": None}
            partner = False
        elif key == "mii status":
            (facts if member is None else member)["mii"] = value
        elif key == "aggregator id":
            (facts if member is None else member)["aggregator"] = value
        elif key == "partner mac address" and member is None:
            facts["partner"] = value
        elif key == "details partner lacp pdu":
            partner = True
        elif key == "system mac address" and member is not None and partner:
            member["partner"] = value
    return facts


def wanted_options(bond: Bond) -> dict[str, str]:
    """The options that the bond's mode has, as sysfs writes them."""
    return {
        option: str(getattr(bond, field))
        for option, field in OPTIONS.items()
        if bond.mode in ONLY_IN.get(option, (bond.mode,))
    }


def wrong_options(nic: Nic, facts: Facts | None) -> dict[str, str]:
    """Options of an existing bond that differ: name → wanted."""
    if facts is None:
        return {}
    wanted = wanted_options(nic.bond)
    return {o: v for o, v in wanted.items() if facts["options"].get(o) != v}


def membership_problem(nic: Nic, facts: Facts | None) -> str | None:
    """Why the bond's members are not exactly the NIC's two ports."""
    if facts is None:
        return f"{nic.bond.name} does not exist"
    ports = {p.name for p in nic.ports}
    missing, extra = ports - set(facts["members"]), set(facts["members"]) - ports
    if missing:
        return f"{', '.join(sorted(missing))} not in {nic.bond.name}"
    return f"{', '.join(sorted(extra))} must not be in {nic.bond.name}" if extra else None


def config_problem(nic: Nic, facts: Facts | None) -> str | None:
    """What the host's network manager has to put right: a lost member, another option."""
    if facts is None or {p.name for p in nic.ports} - set(facts["members"]):
        return membership_problem(nic, facts)
    wrong = wrong_options(nic, facts)
    return f"{nic.bond.name} has other {', '.join(sorted(wrong))}" if wrong else None


def state_problem(nic: Nic, facts: Facts | None) -> str | None:
    """Why the bond does not carry traffic on both members as it should.

    A member without a link is left aside: a pulled cable is for verify to report.
    """
    problem = membership_problem(nic, facts)
    if problem or facts is None:
        return problem
    live = {n: s for n, s in facts["states"].items() if s["mii"] == "up"}
    if not live:
        return f"no member of {nic.bond.name} has a link: look at cables and the switch's ports"
    if nic.bond.mode != "802.3ad":
        return None
    if (facts["partner"] or NO_PARTNER) == NO_PARTNER:
        return (
            f"the partner MAC of {nic.bond.name} is zero: no LACP comes from the switch. "
            f"Look at LACP on the switch's two ports of {' and '.join(sorted(live))}"
        )
    if len({s["aggregator"] for s in live.values()}) != 1:
        where = ", ".join(f"{n} in {s['aggregator']}" for n, s in sorted(live.items()))
        return (
            f"the members of {nic.bond.name} are in different aggregators ({where}). "
            "Look whether both of the switch's ports are in one LACP group"
        )
    return None


def all_linked(facts: Facts | None) -> bool:
    """Whether every member has a link."""
    return facts is not None and all(s["mii"] == "up" for s in facts["states"].values())


def release_step(system: System, port: str, bond: str) -> Step:
    """Take an interface out of a bond."""

    def problem() -> str | None:
        members = (read(system, bond) or {"members": []})["members"]
        return f"{port} is still in {bond}" if port in members else None

    return Step(
        name=f"release:{port}",
        why=f"{port} must be out of {bond} now",
        do=lambda: system.run("ip", "link", "set", port, "nomaster"),
        proof=problem,
        before=f"in {bond}",
        after="in no bond",
        disrupts="network",
        patience=5,
    )


def delete_step(system: System, name: str) -> Step:
    """Remove a bond or VLAN that the kit made and the model no longer names."""
    return Step(
        name=f"remove:{name}",
        why="the model no longer names it",
        do=lambda: system.run("ip", "link", "delete", name),
        proof=lambda: f"{name} still exists" if system.exists(f"/sys/class/net/{name}") else None,
        before="exists",
        after="gone",
        disrupts="network",
        patience=5,
    )

"""A load of many flows from one host, and what its bond made of it. For both roles.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

from typing import Any

from ..system import System
from . import flows, members
from .bonding import ACTIVE, ANY, BOTH, ONE
from .findings import Findings, shares
from .spec import Network, Settings
from .statistics import spread

#: The step of the order after which the bond carries traffic.
STEP = "lag"


def send_many(
    system: System, findings: Findings, network: Network, peer: str, port: int, wanted: Settings
) -> dict[str, Any]:
    """Send the load to *port* of the peer and judge the growth of the members.

    Adds the check that the bond's mode and hash ask for, and where both members carry
    flows "spread of flows"; returns {"sent": bytes}.
    OSError or RuntimeError if the load cannot be made.
    """
    before = members.sent(system, network.link)
    took = flows.send(
        network.address, network.peer_address, port,
        flows=wanted.flows, bytes_each=wanted.flow_bytes, seconds=wanted.seconds,
    )  # fmt: skip
    grown = members.growth(system, network.link, before, sum(took))
    judge(findings, network, peer, grown, wanted.flows, members.active(system, network.link))
    if min(took) < wanted.flow_bytes:
        findings.check(
            f"{network.link}: flows", False, f"{wanted.flows} flows of {wanted.flow_bytes} bytes",
            f"{sum(n == wanted.flow_bytes for n in took)} whole, {sum(took)} bytes in all",
            source=network.evidence, step=STEP, look=f"ss -ti dst {network.peer_address}",
        )  # fmt: skip
    return {"sent": sum(took)}


def judge(
    findings: Findings, network: Network, peer: str, grown: dict[str, int], count: int,
    active: str = "",
) -> None:  # fmt: skip
    """Compare the members' growth with what the bond makes of *count* flows to one peer."""
    bond, expected = network.link, network.bond.sends()
    name = f"{bond}: {expected.check}"
    if len(grown) < 2:
        findings.check(
            name, False, "two members", f"only {', '.join(grown)}",
            source=network.evidence, step=STEP, look=f"cat /proc/net/bonding/{bond}",
        )  # fmt: skip
        return
    seen = spread(grown, count)
    findings.add_spread(bond, f"{count} TCP flows", peer, seen, network.evidence, expected)
    carriers = [member for member in seen.bytes if member not in seen.idle]
    holds = (
        seen.total > 0
        and {
            BOTH: not seen.idle,
            ONE: len(carriers) == 1,
            ACTIVE: carriers == [active],
            ANY: True,
        }[expected.members]
    )
    idle = f"{', '.join(seen.idle)} carries nothing: " if seen.idle else ""
    is_active = f" (active: {active or 'none'})" if expected.members == ACTIVE else ""
    holds = findings.check(
        name, holds, f"{count} flows, {expected.text}", idle + shares(seen) + is_active,
        source=network.evidence, step=STEP,
        look=f"cat /proc/net/bonding/{bond}: mode, hash policy, both members up, in one "
        "aggregator; mlx5 in switchdev mode: lag/port_sel_mode",
    )  # fmt: skip
    if holds and expected.members == BOTH:
        findings.check(
            f"{bond}: spread of flows", seen.fair,
            f"{seen.low:.0%} to {seen.high:.0%} on each member (binomial)", shares(seen),
            source=network.evidence, step=STEP,
            look=f"cat /sys/class/net/{bond}/bonding/xmit_hash_policy: "
            f"{network.bond.transmit_hash_policy} spreads by ports",
        )  # fmt: skip

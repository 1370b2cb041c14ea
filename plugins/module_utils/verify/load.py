"""A load of many flows from one host, and what its bond made of it. For both roles.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

from typing import Any

from ..system import System
from . import flows, members
from .findings import Findings, shares
from .spec import Network, Settings
from .statistics import spread

#: The step of the order after which both members carry traffic.
STEP = "lag"


def send_many(
    system: System, findings: Findings, network: Network, peer: str, port: int, wanted: Settings
) -> dict[str, Any]:
    """Send the load to *port* of the peer and judge the growth of both members.

    Adds the checks "both members carry traffic" and "spread of flows" of the bond;
    returns {"sent": bytes}.
    OSError or RuntimeError if the load cannot be made.
    """
    before = members.sent(system, network.link)
    took = flows.send(
        network.address, network.peer_address, port,
        flows=wanted.flows, bytes_each=wanted.flow_bytes, seconds=wanted.seconds,
    )  # fmt: skip
    grown = members.growth(system, network.link, before, sum(took))
    judge(findings, network, peer, grown, wanted.flows)
    if min(took) < wanted.flow_bytes:
        findings.check(
            f"{network.link}: flows", False, f"{wanted.flows} flows of {wanted.flow_bytes} bytes",
            f"{sum(n == wanted.flow_bytes for n in took)} whole, {sum(took)} bytes in all",
            source=network.evidence, step=STEP, look=f"ss -ti dst {network.peer_address}",
        )  # fmt: skip
    return {"sent": sum(took)}


def judge(
    findings: Findings, network: Network, peer: str, grown: dict[str, int], count: int
) -> None:
    """Compare the members' growth with a fair hash of *count* flows."""
    bond = network.link
    if len(grown) < 2:
        findings.check(
            f"{bond}: both members carry traffic", False, "two members", f"only {', '.join(grown)}",
            source=network.evidence, step=STEP, look=f"cat /proc/net/bonding/{bond}",
        )  # fmt: skip
        return
    seen = spread(grown, count)
    findings.add_spread(bond, f"{count} TCP flows", peer, seen, network.evidence)
    idle = f"{', '.join(seen.idle)} carries nothing: " if seen.idle else ""
    both = findings.check(
        f"{bond}: both members carry traffic", not idle,
        f"both carry {count} flows", idle + shares(seen),
        source=network.evidence, step=STEP,
        look=f"cat /proc/net/bonding/{bond}: both members up, in one aggregator; the hash must be "
        "layer3+4, and mlx5 in switchdev mode must have lag/port_sel_mode hash",
    )  # fmt: skip
    if both:
        findings.check(
            f"{bond}: spread of flows", seen.fair,
            f"{seen.low:.0%} to {seen.high:.0%} on each member (binomial)", shares(seen),
            source=network.evidence, step=STEP,
            look=f"cat /sys/class/net/{bond}/bonding/xmit_hash_policy: layer3+4 spreads by ports",
        )  # fmt: skip

"""Which members of a bond many flows between two hosts use, by its mode and its hash.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

from dataclasses import dataclass

BOTH, ONE, ACTIVE, ANY = "both", "one", "active", "any"
HASHED_MODES = ("802.3ad", "balance-xor")
#: Policies that tell flows between two hosts apart: ports are in their hash.
PORT_POLICIES = ("layer3+4", "encap3+4")
#: Modes in which a host receives on one member, whatever its peer sends on.
ONE_RECEIVES = ("active-backup", "balance-tlb")
#: With fewer flows one member may stay idle by chance.
FLOWS_FOR_BOTH = 16
#: The check of each expectation.
CHECKS = {
    BOTH: "both members carry traffic",
    ONE: "one member carries the flows",
    ACTIVE: "the active member carries the flows",
    ANY: "the bond carries the flows",
}


@dataclass(frozen=True)
class Expectation:
    """members: BOTH (in a fair spread), ONE, ACTIVE or ANY; text says why."""

    members: str
    text: str

    @property
    def check(self) -> str:
        return CHECKS[self.members]


@dataclass(frozen=True)
class Bond:
    """A bond as the model has it; lag_port_select_mode is mlx5's, None elsewhere."""

    mode: str = "802.3ad"
    transmit_hash_policy: str = "layer3+4"
    lag_port_select_mode: str | None = None

    def sends(self) -> Expectation:
        """What many flows to one peer do in the kernel's bond."""
        if self.mode == "active-backup":
            return Expectation(ACTIVE, "active-backup: the active member only")
        if self.mode in ("balance-rr", "broadcast"):
            return Expectation(BOTH, f"{self.mode}: both members, packet by packet")
        if self.mode not in HASHED_MODES:
            return Expectation(ANY, f"{self.mode}: members by their load")
        if self.transmit_hash_policy in PORT_POLICIES:
            return Expectation(BOTH, f"{self.transmit_hash_policy}: both members, by flow")
        return Expectation(
            ONE, f"{self.transmit_hash_policy}: one member for each pair of hosts and direction"
        )

    def sends_rdma(self, native: bool) -> Expectation:
        """What many queue pairs to one peer do; Soft-RoCE's packets go through the bond."""
        affinity = native and self.lag_port_select_mode == "queue_affinity"
        if affinity and self.mode in HASHED_MODES:
            return Expectation(BOTH, "queue_affinity: queue pairs on both members in turn")
        return self.sends()


def rdma_members(own: Bond, peer: Bond, native: bool, queue_pairs: int) -> tuple[int, str]:
    """How many members *queue_pairs* of RDMA to a peer can fill, and why."""
    expected = own.sends_rdma(native)
    if expected.members != BOTH:
        return 1, expected.text
    if peer.mode in ONE_RECEIVES:
        return 1, f"{peer.mode} of the peer: it receives on one member"
    if queue_pairs < FLOWS_FOR_BOTH:
        return 1, f"one member: fewer than {FLOWS_FOR_BOTH} queue pairs"
    return 2, expected.text

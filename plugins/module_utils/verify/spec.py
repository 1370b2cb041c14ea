"""What a host is told to prove, from ``site_model | host_verify(site_host, peers)``.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..converge import HARDWARE
from .bonding import Bond

CLIENT, SERVER = "client", "server"


@dataclass(frozen=True)
class Network:
    """A fabric that this host and a peer are both on.

    mtu       bytes of an IP packet that must pass.
    speed     Mbit/s of all members together, None where the model does not say.
    bond, peer_bond  how the ends' bonds use their members; native: RDMA of the NIC itself.
    evidence  what figures of this path are; rdma_evidence: of RDMA on it, "" without RDMA.
    """

    name: str
    link: str
    interface: str
    mtu: int
    address: str
    peer_address: str
    speed: int | None = None
    evidence: str = HARDWARE
    rdma_evidence: str = ""
    bond: Bond = field(default_factory=Bond)
    peer_bond: Bond = field(default_factory=Bond)
    native: bool = True


@dataclass(frozen=True)
class Session:
    """One talk with a peer: as client this host measures, as server it helps.

    addresses  where the peer's server may be reached, in order of preference.
    round      how many sessions one of the two may have to finish before this one.
    """

    peer: str
    role: str
    addresses: tuple[str, ...]
    networks: tuple[Network, ...]
    round: int = 0


@dataclass(frozen=True)
class Settings:
    """How much is measured.

    flows            TCP flows at once, to see how a bond spreads them.
    flow_bytes       bytes on each flow.
    message_sizes    bytes of each RDMA message, ascending.
    queue_pairs      a bandwidth curve is measured for each of these numbers.
    volume           bytes to move for one point of a bandwidth curve.
    latency_iterations  round trips for one point of the latency curve.
    seconds          what one point may take before it counts as failed.
    budget           seconds for all curves of one network; what is left out is reported.
    efficiency       part of the model's speed that RDMA must reach on hardware.
    latency          microseconds one way that the smallest message may take on hardware.
    """

    flows: int = 256
    flow_bytes: int = 16 << 20
    message_sizes: tuple[int, ...] = tuple(2**n for n in range(1, 24))
    queue_pairs: tuple[int, ...] = (1, 16)
    volume: int = 2 << 30
    latency_iterations: int = 2000
    seconds: float = 30
    budget: float = 300
    efficiency: float = 0.9
    latency: float = 6.0

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(sorted(set(self.message_sizes)))


#: An emulated processor moves about 100 Mbit/s and starts a program in half a second.
SMALL = Settings(
    flows=48,
    flow_bytes=192 << 10,
    message_sizes=(64, 1024, 8192, 65536, 262144),
    queue_pairs=(16,),
    volume=2 << 20,
    latency_iterations=50,
    seconds=90,
    budget=240,
)


def settings_for(evidence: str, wanted: Mapping[str, Any]) -> Settings:
    """The preset for *evidence* with what the operator set. ValueError names a wrong key."""
    preset = Settings() if evidence == HARDWARE else SMALL
    chosen = {key: value for key, value in wanted.items() if value not in (None, [], "")}
    unknown = set(chosen) - set(preset.__dataclass_fields__)
    if unknown:
        raise ValueError(f"unknown setting: {', '.join(sorted(unknown))}")
    for key in ("message_sizes", "queue_pairs"):
        if key in chosen:
            chosen[key] = tuple(int(value) for value in chosen[key])
    return replace(preset, **chosen)


@dataclass(frozen=True)
class Task:
    """All that one host is to do in one run.

    token           known to all hosts of the run and to nobody else.
    own_addresses   of the management network; the fabrics' are in the sessions.
    port            of the control connection; the RDMA programs take the next ones.
    rendezvous      seconds to wait for a peer.
    roce_version, traffic_class  as the model has them for RDMA.
    settings        the operator's settings, by name; presets give the rest.
    """

    host: str
    token: str
    sessions: tuple[Session, ...] = ()
    own_addresses: tuple[str, ...] = ()
    port: int = 18600
    rendezvous: float = 60
    roce_version: int = 2
    traffic_class: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def sessions(
    planned: Sequence[Mapping[str, Any]], peers: Sequence[Mapping[str, Any]]
) -> tuple[Session, ...]:
    """Join the pairing ({peer, role, round} in order) with the peers of ``host_verify``."""
    known = {peer["name"]: peer for peer in peers}
    found = []
    for one in planned:
        peer = known.get(one["peer"], {"networks": [], "address": ""})
        networks = tuple(_network(network) for network in peer["networks"])
        reachable = [peer.get("address") or "", *(network.peer_address for network in networks)]
        addresses = tuple(address for address in reachable if address)
        round_ = int(one.get("round", 0))
        found.append(Session(one["peer"], one["role"], addresses, networks, round_))
    return tuple(found)


def _network(value: Mapping[str, Any]) -> Network:
    rdma = bool(value.get("rdma")) and bool(value.get("peer_rdma"))
    return Network(
        name=value["name"],
        link=value["link"],
        interface=value["interface"],
        mtu=int(value["mtu"]),
        address=value["address"],
        peer_address=value["peer_address"],
        speed=value.get("speed"),
        evidence=value.get("evidence") or HARDWARE,
        rdma_evidence=(value.get("rdma_evidence") or "") if rdma else "",
        bond=Bond.from_dict(value["bond"]),
        peer_bond=Bond.from_dict(value["peer_bond"]),
        native=rdma and value["rdma"]["kind"] == "native",
    )

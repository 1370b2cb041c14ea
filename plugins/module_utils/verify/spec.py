"""What a host is told to prove, from ``site_model | host_verify(site_host, peers)``.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..converge import EMULATION, HARDWARE, STAND_IN
from ..host_datapath.reading import Reader, SpecError
from .bonding import Bond

CLIENT, SERVER = "client", "server"
SOURCES = (HARDWARE, EMULATION, STAND_IN)


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
    """The preset for *evidence* with what the operator set. SpecError names a wrong key."""
    preset = Settings() if evidence == HARDWARE else SMALL
    chosen = {key: value for key, value in wanted.items() if value not in (None, [], "")}
    unknown = set(chosen) - set(preset.__dataclass_fields__)
    if unknown:
        raise SpecError(f"unknown setting: {', '.join(sorted(unknown))}")
    return replace(
        preset, **{key: _setting(key, getattr(preset, key), value) for key, value in chosen.items()}
    )


def _setting(key: str, preset: Any, value: Any) -> Any:
    """*value* as the preset's type; options on the command line arrive as text."""
    if isinstance(preset, tuple):
        if not isinstance(value, (list, tuple)):
            raise SpecError(f"settings.{key}: must be a list, got {value!r}")
        return tuple(_setting(key, preset[0], item) for item in value)
    try:
        number = type(preset)(value)
    except (TypeError, ValueError, OverflowError):
        number = 0
    if not 0 < number < 1 << 50:
        raise SpecError(f"settings.{key}: must be a number above 0, got {value!r}")
    return number


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


def evidence(expected: Mapping[str, Any]) -> dict[str, str]:
    """NIC → what its figures are, from ``host_verify``. SpecError names a wrong key."""
    for key in ("nics", "peers"):
        if key not in expected:
            raise SpecError(f"expected.{key}: missing")
    return {
        nic.text("name"): nic.text("evidence", None, SOURCES)
        for nic in Reader(expected, "expected").objects("nics")
    }


def sessions(
    planned: Sequence[Mapping[str, Any]], peers: Sequence[Mapping[str, Any]]
) -> tuple[Session, ...]:
    """Join the pairing ({peer, role, round} in order) with the peers of ``host_verify``.

    SpecError names a wrong key.
    """
    known = {
        peer.text("name"): peer for peer in Reader({"peers": peers}, "expected").objects("peers")
    }
    found = []
    for one in Reader({"sessions": planned}, "").objects("sessions"):
        name, role = one.text("peer"), one.text("role", None, (CLIENT, SERVER))
        peer = known.get(name, Reader({}, "expected.peers"))
        networks = tuple(_network(network) for network in peer.objects("networks"))
        reachable = [peer.text("address", ""), *(network.peer_address for network in networks)]
        addresses = tuple(address for address in reachable if address)
        found.append(Session(name, role, addresses, networks, one.number("round", 0, 0, 9)))
    return tuple(found)


def _network(r: Reader) -> Network:
    own, other = r.object("rdma"), r.object("peer_rdma")
    rdma = own is not None and other is not None
    return Network(
        name=r.text("name"),
        link=r.interface("link"),
        interface=r.interface("interface"),
        mtu=r.number("mtu", None, 68, 65535),
        address=_address(r, "address"),
        peer_address=_address(r, "peer_address"),
        speed=r.number("speed", 0, 0, 10**9) or None,
        evidence=r.text("evidence", HARDWARE, SOURCES),
        rdma_evidence=r.text("rdma_evidence", "", ("", *SOURCES)) if rdma else "",
        bond=_bond(r.object("bond")),
        peer_bond=_bond(r.object("peer_bond")),
        native=own is not None and own.text("kind") == "native",
    )


def _address(r: Reader, name: str) -> str:
    text = r.text(name)
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise SpecError(f"{r.key(name)}: {text!r} is no address") from None
    return text


def _bond(r: Reader | None) -> Bond:
    return Bond(
        mode=r.text("mode", Bond.mode),
        transmit_hash_policy=r.text("transmit_hash_policy", Bond.transmit_hash_policy),
        lag_port_select_mode=r.optional("lag_port_select_mode"),
    ) if r else Bond()  # fmt: skip

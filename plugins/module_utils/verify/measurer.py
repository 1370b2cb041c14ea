"""The client's side of a session: what is measured between two hosts, in order.

The path first (a size that does not pass would only hang what follows), then the load on
the bond in both directions, then RDMA; load and curves once for each bond.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

import ipaddress
import time

from ..system import System
from . import parse
from .control import Connection, RequestFailed
from .findings import Findings
from .flows import Sink
from .load import STEP, send_many
from .rdma import measure_rdma
from .spec import Network, Session, Task, settings_for

#: IP and ICMP headers around ping's payload.
OVERHEAD = {4: 28, 6: 48}


def measure(
    system: System, connection: Connection, task: Task, session: Session, findings: Findings
) -> None:
    """Measure everything with one peer. PeerError when it vanishes; all else is a check."""
    loaded: set[str] = set()
    curved: set[str] = set()
    for network in session.networks:
        started = time.monotonic()
        if not path(system, session.peer, network, findings):
            for what in ("members of the bond", "RDMA"):
                findings.skip(f"{network.name}: {what}", "packets of the whole MTU do not pass")
            continue
        if network.link not in loaded and system.exists(f"/sys/class/net/{network.link}/bonding"):
            loaded.add(network.link)
            load(system, connection, task, session.peer, network, findings)
        if network.rdma_evidence:
            curves = network.link not in curved
            curved.add(network.link)
            measure_rdma(system, connection, task, session.peer, network, findings, curves=curves)
        findings.facts.setdefault("measured", {})[network.name] = {
            "peer": session.peer,
            "seconds": round(time.monotonic() - started, 1),
        }


def path(system: System, peer: str, network: Network, findings: Findings) -> bool:
    """Whether packets of exactly the MTU pass, and not a byte more."""
    overhead = OVERHEAD[ipaddress.ip_address(network.peer_address).version]
    whole = _ping(system, network, network.mtu - overhead)
    small = whole if whole.received else _ping(system, network, 56)
    what = f"{network.mtu} bytes unfragmented to {peer} ({network.peer_address})"
    fits = findings.check(
        f"{network.name}: MTU to the peer", whole.received > 0, what, _answer(whole, small),
        source=network.evidence, step=step_of(small),
        look=_where(network, small.received > 0, whole.too_long),
    )  # fmt: skip
    if fits:
        more = _ping(system, network, network.mtu - overhead + 1)
        findings.check(
            f"{network.name}: no more than the MTU", more.received == 0,
            f"{network.mtu + 1} bytes do not pass", "they pass" if more.received else "they do not",
            source=network.evidence, step="mtu",
            look=f"ip link show {network.interface}: its MTU is larger than the model's",
        )  # fmt: skip
    return fits


def load(
    system: System, connection: Connection, task: Task, peer: str, network: Network,
    findings: Findings,
) -> None:  # fmt: skip
    """Many flows to the peer, and from it."""
    wanted = settings_for(network.evidence, task.settings)
    patience = wanted.seconds + 30
    try:
        port = connection.ask("sink", 20, network=network.name)
        send_many(system, findings, network, peer, port, wanted)
        connection.ask("drain", 20)
        sink = Sink(network.address, wanted.seconds * 2)
        sink.start()
        try:
            connection.ask("load", patience, network=network.name, port=sink.port)
        finally:
            sink.close()
    except (RequestFailed, RuntimeError, OSError) as error:
        findings.check(
            f"{network.link}: {network.bond.sends().check}", False,
            "many flows in both directions", str(error),
            source=network.evidence, step=STEP, look=f"cat /proc/net/bonding/{network.link}",
        )  # fmt: skip


def step_of(small: parse.Ping) -> str:
    """What is broken when whole packets do not pass: their size only, or the path."""
    return "mtu" if small.received else "path"


def _ping(system: System, network: Network, size: int) -> parse.Ping:
    output = system.run(
        "ping", "-n", "-q", "-M", "do", "-c", "2", "-i", "0.2", "-W", "2", "-s", str(size),
        "-I", network.address, network.peer_address, check=False, timeout=20,
    )  # fmt: skip
    try:
        return parse.ping(output.stdout + output.stderr)
    except ValueError:
        return parse.Ping(0, 0, None, False)


def _answer(whole: parse.Ping, small: parse.Ping) -> str:
    if whole.received:
        return f"answered in {whole.milliseconds:g} ms" if whole.milliseconds else "answered"
    if not small.received:
        return "no answer to packets of any size"
    if whole.too_long:
        return "the interface's own MTU is smaller"
    return "small packets pass, these do not"


def _where(network: Network, reachable: bool, too_long: bool) -> str:
    if not reachable:
        return f"ip neigh show dev {network.interface}; the VLAN on the switch's ports to both"
    if too_long:
        return f"ip link show {network.interface}: MTU of interface, bond and ports"
    return "the MTU of the switch's ports on the way, and of the peer's interface"

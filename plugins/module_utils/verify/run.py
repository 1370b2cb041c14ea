"""One host's whole run: what it says of itself, then its sessions with its peers.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType

from ..converge import HARDWARE
from ..system import System
from .control import Listener, PeerError, dial, serve
from .findings import Findings
from .measurer import measure
from .responder import Responder
from .spec import CLIENT, SERVER, Session, Task, settings_for


class Overdue(Exception):
    """The whole run took longer than it ever may."""


def run(system: System, task: Task, own_checks: Callable[[Findings], None]) -> Findings:
    """Everything that one host finds. Always comes to an end, and never raises for what it finds.

    own_checks  adds what the host can say without a peer. It runs once the server listens,
                so that no peer waits for it longer than it must.
    """
    findings = Findings(task.host)
    started = time.monotonic()
    try:
        with deadline(_longest(task)):
            _sessions(system, task, findings, own_checks)
    except Overdue as error:
        findings.check(
            "run: time", False, "the run comes to an end", str(error),
            source=HARDWARE, step="verify", look="which check is the last one of this host",
        )  # fmt: skip
    findings.seconds = time.monotonic() - started
    return findings


def _sessions(
    system: System, task: Task, findings: Findings, own_checks: Callable[[Findings], None]
) -> None:
    listener: Listener | None = None
    problem = ""
    if any(session.role == SERVER for session in task.sessions):
        try:
            listener = Listener(_own_addresses(task), task.port)
        except PeerError as error:
            problem = str(error)
    try:
        own_checks(findings)
        for session in task.sessions:
            if not session.networks:
                findings.skip(f"peer {session.peer}", "no fabric that both hosts are on")
                continue
            # the peer may still be busy with another
            patience = task.rendezvous + session.round * _length(task, session)
            try:
                if session.role == CLIENT:
                    _measure(system, task, session, findings, patience)
                elif listener is None:
                    raise PeerError(problem)
                else:
                    _serve(system, task, session, findings, listener, patience)
            except PeerError as error:
                findings.check(
                    f"peer {session.peer}", False, f"{session.peer} takes part", str(error),
                    source=session.networks[0].evidence, step="path",
                    look=f"the checks of {session.peer}; whether TCP port {task.port} passes",
                )  # fmt: skip
    finally:
        if listener:
            listener.close()


def _measure(
    system: System, task: Task, session: Session, findings: Findings, patience: float
) -> None:
    connection = dial(
        session.addresses, task.port, me=task.host, peer=session.peer, token=task.token,
        seconds=patience,
    )  # fmt: skip
    try:
        measure(system, connection, task, session, findings)
        connection.ask("bye", 10)
    finally:
        connection.close()


def _serve(
    system: System, task: Task, session: Session, findings: Findings, listener: Listener,
    patience: float,
) -> None:  # fmt: skip
    connection = listener.accept(session.peer, task.token, patience)
    responder = Responder(system, task, session, findings)
    try:
        serve(connection, responder.verbs(), _idle(task, session))
    finally:
        responder.close()
        connection.close()


def _idle(task: Task, session: Session) -> float:
    """Seconds that a client may take between two requests: one point, or the pings."""
    return 90 + max(settings_for(n.evidence, task.settings).seconds for n in session.networks)


def _length(task: Task, session: Session) -> float:
    """Seconds that a session may take."""
    total = 30.0
    for network in session.networks:
        wanted = settings_for(network.rdma_evidence or network.evidence, task.settings)
        total += wanted.budget + 4 * wanted.seconds + 90
    return total


def _longest(task: Task) -> float:
    """Seconds that the whole run may take."""
    return 120 + sum(
        task.rendezvous + (1 + session.round) * _length(task, session) for session in task.sessions
    )


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise Overdue in the main thread after *seconds*: no run hangs for ever."""

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise Overdue(f"no end after {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _own_addresses(task: Task) -> list[str]:
    """Every address that a peer may come to: the management's first, then the fabrics'."""
    found = list(task.own_addresses)
    for session in task.sessions:
        found += [network.address for network in session.networks]
    return list(dict.fromkeys(address for address in found if address))

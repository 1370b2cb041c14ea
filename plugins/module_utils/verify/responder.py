"""The server's side of a session: the verbs that a peer may ask for.

All addresses, devices and programs are this host's own; the peer only chooses among them.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..system import System
from . import gid, perftest
from .findings import Findings
from .flows import Sink
from .load import send_many
from .processes import Child, await_listener
from .spec import Session, Task, settings_for


class Responder:
    """Helps one client. ``close`` leaves nothing running."""

    def __init__(self, system: System, task: Task, session: Session, findings: Findings) -> None:
        self.system, self.task, self.session, self.findings = system, task, session, findings
        self._networks = {network.name: network for network in session.networks}
        self._sink: Sink | None = None
        self._child: Child | None = None

    def verbs(self) -> dict[str, Callable[..., Any]]:
        """Verb → what answers it."""
        return {
            "sink": self.sink,
            "drain": self.drain,
            "load": self.load,
            "rdma": self.rdma,
            "rdma_end": self.rdma_end,
        }

    def sink(self, network: str) -> int:
        """Take flows on a network's address; the port."""
        self.drain()
        own = self._networks[network]
        seconds = settings_for(own.evidence, self.task.settings).seconds
        self._sink = Sink(own.address, seconds * 2)
        self._sink.start()
        return self._sink.port

    def drain(self) -> int:
        """Stop taking flows; how many bytes came."""
        taken, self._sink = (self._sink.close() if self._sink else 0), None
        return taken

    def load(self, network: str, port: int) -> dict[str, Any]:
        """Send many flows to the client's *port*; the judgement is this host's own finding."""
        own = self._networks[network]
        wanted = settings_for(own.evidence, self.task.settings)
        return send_many(self.system, self.findings, own, self.session.peer, int(port), wanted)

    def rdma(self, network: str, program: str, size: int, iterations: int, queue_pairs: int) -> int:
        """Start an RDMA program's server; the port, once it listens."""
        own = self._networks[network]
        run = perftest.Run(program, size, iterations, queue_pairs)
        device, index = gid.find(self.system, own.interface, own.address, self.task.roce_version)
        endpoint = perftest.Endpoint(device, index, self.task.traffic_class)
        port = self.task.port + perftest.PORT_OFFSET[program]
        self.close_child()
        self._child = Child(perftest.command(run, endpoint, port))
        await_listener(self.system, self._child, port, 20)
        return port

    def rdma_end(self, seconds: float) -> dict[str, Any]:
        """Wait for that server's end; its status and last words."""
        if self._child is None:
            raise RuntimeError("no RDMA program runs here")
        output = self._child.wait(min(float(seconds), 60))
        self._child = None
        return {"status": output.status, "words": (output.stderr or output.stdout)[-400:]}

    def close_child(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None

    def close(self) -> None:
        """Nothing of this session is left."""
        self.close_child()
        self.drain()

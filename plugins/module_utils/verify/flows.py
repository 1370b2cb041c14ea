"""Many TCP flows of equal size between two hosts, to see what a bond makes of them.

iperf3 starts a process and a control connection for this; a loop over non-blocking
sockets gives the same load, the same bytes on every flow, and needs no package.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time

PIECE = bytes(65536)


class Sink(threading.Thread):
    """Takes flows on one address and counts their bytes until it is closed."""

    def __init__(self, address: str, seconds: float) -> None:
        """Listen on a free port of *address*; ends by itself after *seconds*."""
        super().__init__(daemon=True)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listening = socket.socket(family, socket.SOCK_STREAM)
        self._listening.bind((address, 0))
        self._listening.listen(1024)
        self._listening.setblocking(False)
        self.port: int = self._listening.getsockname()[1]
        self.received = 0
        self.flows = 0
        self._until = time.monotonic() + seconds
        self._closing = threading.Event()

    def run(self) -> None:
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._listening, selectors.EVENT_READ)
            while not self._closing.is_set() and time.monotonic() < self._until:
                for key, _events in waiting.select(0.2):
                    self._serve(waiting, key.fileobj)  # type: ignore[arg-type]
            for key in list(waiting.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]

    def _serve(self, waiting: selectors.BaseSelector, ready: socket.socket) -> None:
        if ready is self._listening:
            with contextlib.suppress(BlockingIOError):
                stream, _address = ready.accept()
                stream.setblocking(False)
                waiting.register(stream, selectors.EVENT_READ)
                self.flows += 1
            return
        try:
            piece = ready.recv(len(PIECE))
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        self.received += len(piece)
        if not piece:
            waiting.unregister(ready)
            ready.close()

    def close(self) -> int:
        """Stop, and say how many bytes came."""
        self._closing.set()
        if self.is_alive():
            self.join(5)
        else:
            self._listening.close()
        return self.received


def send(
    source: str, address: str, port: int, *, flows: int, bytes_each: int, seconds: float
) -> list[int]:
    """Send *bytes_each* bytes on each of *flows* connections; the bytes that each one took.

    All flows run at once from *source*. Ends after *seconds* in any case.
    OSError if a connection cannot be made.
    """
    streams: list[socket.socket] = []
    sent = [0] * flows
    until = time.monotonic() + seconds
    try:
        for _flow in range(flows):
            left = max(until - time.monotonic(), 0.1)
            streams.append(
                socket.create_connection((address, port), timeout=left, source_address=(source, 0))
            )
        with selectors.DefaultSelector() as waiting:
            for number, stream in enumerate(streams):
                stream.setblocking(False)
                waiting.register(stream, selectors.EVENT_WRITE, number)
            while waiting.get_map() and time.monotonic() < until:
                for key, _events in waiting.select(0.5):
                    _push(waiting, key, sent, bytes_each)
    finally:
        for stream in streams:
            stream.close()
    return sent


def _push(
    waiting: selectors.BaseSelector, key: selectors.SelectorKey, sent: list[int], wanted: int
) -> None:
    stream: socket.socket = key.fileobj  # type: ignore[assignment]
    try:
        sent[key.data] += stream.send(PIECE[: wanted - sent[key.data]])
    except BlockingIOError:
        return
    except OSError:
        waiting.unregister(stream)  # a flow that broke: its bytes say so
        return
    if sent[key.data] >= wanted:
        waiting.unregister(stream)
        stream.shutdown(socket.SHUT_WR)

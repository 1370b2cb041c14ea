"""How two hosts of a pair talk while they measure: JSON lines over TCP, all waits bounded.

The server makes a nonce, the client proves with it that it knows the run's token (which
the controller gave to both). After that the client asks by *verb*; the server only ever
runs verbs of its own, with arguments that it checks. It never runs a command it is sent.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import secrets
import selectors
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

#: Small segments: the talk must work where jumbo frames do not.
SEGMENT = 1200
LONGEST_LINE = 4 * 1024 * 1024


class PeerError(Exception):
    """The peer is gone, silent, or not who it should be."""


class RequestFailed(Exception):
    """The peer is there and says why it could not do what was asked."""


class Connection:
    """One side of a talk. Every receive has its own time limit in seconds."""

    def __init__(self, stream: socket.socket, peer: str) -> None:
        self.stream = stream
        self.peer = peer
        self._buffer = b""

    def send(self, message: Mapping[str, Any], seconds: float = 10) -> None:
        """Send one object. PeerError if the peer does not take it in time."""
        try:
            self.stream.settimeout(seconds)
            self.stream.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise PeerError(f"{self.peer} is gone: {_reason(error)}") from error

    def receive(self, seconds: float) -> dict[str, Any]:
        """The next object. PeerError after *seconds*, at the end, or for what is not JSON."""
        until = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            left = until - time.monotonic()
            if left <= 0:
                raise PeerError(f"{self.peer} did not answer within {seconds:g} s")
            if len(self._buffer) > LONGEST_LINE:
                raise PeerError(f"{self.peer} sends a line without an end")
            try:
                self.stream.settimeout(left)
                piece = self.stream.recv(65536)
            except TimeoutError:
                continue
            except OSError as error:
                raise PeerError(f"{self.peer} is gone: {_reason(error)}") from error
            if not piece:
                raise PeerError(f"{self.peer} closed the connection")
            self._buffer += piece
        line, self._buffer = self._buffer.split(b"\n", 1)
        try:
            message = json.loads(line)
        except ValueError as error:
            raise PeerError(f"{self.peer} does not speak JSON") from error
        if not isinstance(message, dict):
            raise PeerError(f"{self.peer} sent {type(message).__name__}, not an object")
        return message

    def ask(self, verb: str, seconds: float, /, **arguments: Any) -> Any:
        """Ask the server for *verb*; its value, or RequestFailed with its reason."""
        self.send({"verb": verb, "arguments": arguments})
        answer = self.receive(seconds)
        if not answer.get("ok"):
            raise RequestFailed(f"{self.peer}: {verb}: {answer.get('error', 'no reason given')}")
        return answer.get("value")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.stream.close()


class Listener:
    """Waits on several addresses of this host for one known client."""

    def __init__(self, addresses: Sequence[str], port: int) -> None:
        """Listen on each address that this host has. PeerError if it has none of them."""
        self._sockets: list[socket.socket] = []
        problems = []
        for address in addresses:
            try:
                self._sockets.append(_listen(address, port))
            except OSError as error:
                problems.append(f"{address}: {_reason(error)}")
        if not self._sockets:
            raise PeerError("cannot listen: " + ("; ".join(problems) or "no address given"))
        self.port = self._sockets[0].getsockname()[1]

    def accept(self, client: str, token: str, seconds: float) -> Connection:
        """The connection of *client*; others are turned away. PeerError after *seconds*."""
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as waiting:
            for listening in self._sockets:
                waiting.register(listening, selectors.EVENT_READ)
            while (left := until - time.monotonic()) > 0:
                for key, _events in waiting.select(left):
                    stream, _address = key.fileobj.accept()  # type: ignore[union-attr]
                    connection = Connection(stream, client)
                    try:
                        _admit(connection, client, token)
                    except PeerError:
                        connection.close()
                    else:
                        return connection
        raise PeerError(f"{client} did not come within {seconds:g} s")

    def close(self) -> None:
        for listening in self._sockets:
            listening.close()


def dial(
    addresses: Sequence[str], port: int, *, me: str, peer: str, token: str, seconds: float
) -> Connection:
    """Connect to *peer* on the first of its addresses that answers, again until *seconds* are over.

    The peer may start later than we do, and may first serve another host.
    """
    until = time.monotonic() + seconds
    problem = "no address given"
    while addresses:
        for address in addresses:
            left = until - time.monotonic()
            if left <= 0:
                raise PeerError(f"{peer} did not answer within {seconds:g} s ({problem})")
            try:
                stream = socket.create_connection((address, port), timeout=min(left, 3))
                with contextlib.suppress(OSError):
                    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
            except OSError as error:
                problem = f"{address}: {_reason(error)}"
                continue
            connection = Connection(stream, peer)
            try:
                _introduce(connection, me, token, max(until - time.monotonic(), 1))
            except PeerError as error:
                connection.close()
                problem = str(error)
            else:
                return connection
        time.sleep(min(0.5, max(until - time.monotonic(), 0)))
    raise PeerError(f"{peer}: {problem}")


def serve(connection: Connection, verbs: Mapping[str, Callable[..., Any]], idle: float) -> None:
    """Answer requests until the client says "bye". PeerError if it vanishes or idles too long.

    A verb's own failure (OSError, ValueError, RuntimeError, wrong arguments) is told to
    the client and the talk goes on.
    """
    while True:
        request = connection.receive(idle)
        verb, arguments = request.get("verb"), request.get("arguments", {})
        if verb == "bye":
            connection.send({"ok": True, "value": None})
            return
        try:
            if verb not in verbs:
                raise ValueError("not a verb of this host")
            value = verbs[verb](**arguments)
        except (OSError, ValueError, RuntimeError, TypeError, KeyError) as error:
            connection.send({"ok": False, "error": str(error) or type(error).__name__})
        else:
            connection.send({"ok": True, "value": value})


def _admit(connection: Connection, client: str, token: str) -> None:
    nonce = secrets.token_hex(16)
    connection.send({"nonce": nonce}, seconds=3)
    hello = connection.receive(5)
    if hello.get("from") != client or not hmac.compare_digest(
        str(hello.get("proof")), _proof(token, nonce, client)
    ):
        connection.send({"ok": False, "error": "not expected here"}, seconds=3)
        raise PeerError("a stranger")
    connection.send({"ok": True}, seconds=3)


def _introduce(connection: Connection, me: str, token: str, seconds: float) -> None:
    nonce = str(connection.receive(seconds).get("nonce"))
    connection.send({"from": me, "proof": _proof(token, nonce, me)})
    answer = connection.receive(10)
    if not answer.get("ok"):
        raise PeerError(f"{connection.peer} refused: {answer.get('error')}")


def _proof(token: str, nonce: str, name: str) -> str:
    return hmac.new(token.encode(), f"{nonce} {name}".encode(), hashlib.sha256).hexdigest()


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # taken over by every accepted connection
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        listening.bind((address, port))
        listening.listen(8)
    except OSError:
        listening.close()
        raise
    return listening


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__

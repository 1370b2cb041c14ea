"""The network as the doctor asks it: names, ports, TLS. Each question ends in time."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

#: Seconds for a name, and for a connection.
PATIENCE = 3.0


@dataclass(frozen=True)
class Reply:
    """An answer over HTTPS. date: seconds since the epoch by the server's clock; None without."""

    status: int
    date: float | None
    text: str

    def data(self) -> Any:
        """The JSON that it is; None if it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class Outside:
    """What a test replaces."""

    def resolve(self, name: str) -> list[str]:
        """Addresses of a name. OSError if there are none, or nobody answers."""
        found: list[Any] = []

        def ask() -> None:
            try:
                found.append(socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
            except OSError as error:
                found.append(error)

        # the resolver's own patience is longer than ours, and cannot be changed from here
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(PATIENCE)
        if not found:
            raise TimeoutError(f"no answer within {PATIENCE:g} s")
        if isinstance(found[0], OSError):
            raise found[0]
        return sorted({each[4][0] for each in found[0]})

    def connect(self, host: str, port: int) -> None:
        """OSError if nothing takes the connection."""
        socket.create_connection((host, port), PATIENCE).close()

    def get(self, host: str, port: int, path: str, authority: str | None) -> Reply:
        """Ask as nobody; *authority* None: whoever answers. OSError (also ssl.SSLError)."""
        context = ssl.create_default_context(cadata=authority)
        if authority is None:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, port, context=context, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"Accept": "*/*"})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except http.client.HTTPException as error:
            raise OSError(f"{type(error).__name__}: {error}") from None
        finally:
            connection.close()
        return Reply(answer.status, _seconds(answer.getheader("Date")), text)


def _seconds(date: str | None) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None

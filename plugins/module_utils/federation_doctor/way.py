"""The way to a peer's API server: name, port, TLS, clock."""

from __future__ import annotations

import ipaddress
import ssl
import time
import urllib.parse
from collections.abc import Callable

from ..system import System
from .findings import BOTH, NETWORK, Broken, Step
from .outside import Outside, Reply

#: Seconds by which clocks may differ: tokens hold from their first second on.
SKEW = 60
#: OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and …_HAS_EXPIRED.
_OUT_OF_TIME = (9, 10)
_ALL = "/version"


class Way:
    """From this node to *url*, an API server of *far*.

    near, far  (side, site) of who asks and of who is asked.
    authority  that signs the server's certificate, as the peer's document says it; PEM.
    """

    def __init__(
        self, system: System, outside: Outside, url: str, authority: str,
        near: tuple[str, str], far: tuple[str, str], now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        found = urllib.parse.urlsplit(url)
        self.host, self.port = found.hostname or "", found.port or 443
        self.system, self.outside, self.authority = system, outside, authority
        self.near, self.far, self.now = near, far, now

    def steps(self) -> list[Step]:
        return [
            Step("name", self.near[0], self.name),
            Step("port", NETWORK, self.open),
            Step("tls", self.far[0], self.tls),
            Step("clock", BOTH, self.clock),
        ]

    @property
    def where(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def name(self) -> str | Broken:
        try:
            return f"{ipaddress.ip_address(self.host)} is an address"
        except ValueError:
            pass
        try:
            return f"{self.host} is {', '.join(self.outside.resolve(self.host))}"
        except OSError as error:
            return Broken(
                f"{self.host} has no address: {error}", self.near[0],
                f"See /etc/hosts and the resolvers of this node; if nobody knows the name, "
                f"{self.far[1]} has to offer another one (site_federation.addresses)",
            )  # fmt: skip

    def open(self) -> str | Broken:
        try:
            self.outside.connect(self.host, self.port)
        except ConnectionRefusedError:
            return Broken(
                f"nothing listens at {self.where}, or it is refused on the way", self.far[0],
                f"{self.far[1]}: start the API server, or say its right address "
                "(site_federation.addresses)",
            )  # fmt: skip
        except OSError as error:
            return Broken(
                f"{self.where} cannot be reached: {error}", NETWORK,
                f"Open the way from {self.near[1]} to {self.where} in routes and firewalls of both "
                "sites",
            )  # fmt: skip
        return f"{self.where} is open"

    def tls(self) -> str | Broken:
        try:
            self.outside.get(self.host, self.port, _ALL, self.authority)
        except ssl.SSLCertVerificationError as error:
            late = self._late() if error.verify_code in _OUT_OF_TIME else None
            if isinstance(late, Broken):
                return late
            return Broken(
                f"the certificate at {self.where} does not hold: {error.verify_message}",
                self.far[0],
                f"{self.far[1]}: if its CA or address has changed, run playbooks/federation.yml "
                "there and send the new document; if not, somebody else answers",
            )  # fmt: skip
        except OSError as error:
            return Broken(
                f"{self.where} takes connections and speaks no TLS: {error}", self.far[0],
                f"{self.far[1]}: see what listens there",
            )  # fmt: skip
        return "its certificate is signed by the CA of its document"

    def clock(self) -> str | Broken:
        reply = self.outside.get(self.host, self.port, _ALL, self.authority)
        late = self._compared(reply)
        return late or "clocks agree"

    def _late(self) -> Broken | None:
        try:
            return self._compared(self.outside.get(self.host, self.port, _ALL, None))
        except OSError:
            return None

    def _compared(self, reply: Reply) -> Broken | None:
        if reply.date is None:
            return None
        ahead = round(reply.date - self.now())
        if abs(ahead) <= SKEW:
            return None
        kept = self.system.run(
            "timedatectl", "show", "--property", "NTPSynchronized", "--value", check=False
        ).stdout.strip()
        side = self.far[0] if kept == "yes" else BOTH
        way = "ahead of" if ahead > 0 else "behind"
        own = "synchronised" if kept == "yes" else "not known to be synchronised"
        return Broken(
            f"{self.far[1]}'s clock is {abs(ahead)} s {way} this node's, which is {own}", side,
            "Compare both with a third one, and have NTP keep them: tokens are refused until then",
            "clock",
        )  # fmt: skip

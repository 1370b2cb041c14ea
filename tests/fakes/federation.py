"""Sites that exchange documents: real keys and ssh-keygen, made-up clusters and a clock."""

from __future__ import annotations

import shutil

from ansible.module_utils.converge import converge
from ansible.module_utils.federation.exchange import FederationExchange
from ansible.module_utils.federation.terms import ExchangeSpec
from ansible.module_utils.system import System

SUBJECT = "system:serviceaccount:admiralty:admiralty"
PEM = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"
DAY = 86400


def terms(**changes):
    return {
        "source": "alpha", "target": "beta", "namespaces": ["shared"],
        "budget": {"pods": 8, "cpu": "4"}, "priority": 0, "pod_security": "restricted",
        "credential": "jwt", "token_lifetime": 3600, **changes,
    }  # fmt: skip


class Site:
    """One administrator's end; *clock* is shared by both."""

    def __init__(self, root, name, clock):
        self.root, self.name, self.clock = root / name, name, clock
        self.folder, self.key = self.root / "federation", self.root / "federation.key"
        self.root.mkdir()
        self.peers, self.links, self.lifetime = {}, {"link": terms()}, 90 * DAY
        self.facts = {"api": f"{name}.example:6443", "ca": PEM, "issuer": f"https://{name}.example"}

    def exchange(self):
        data = {
            "site": self.name, "peers": self.peers, "key": str(self.key),
            "folder": str(self.folder), "clusters": {"c": self.facts}, "lifetime": self.lifetime,
            "links": {n: {"cluster": "c", "terms": t} for n, t in self.links.items()},
        }  # fmt: skip
        return FederationExchange(System(), ExchangeSpec.parse(data, SUBJECT), self.clock)

    def run(self, check=False, **more):
        exchange = self.exchange()
        self.result = converge(exchange, check=check, **more)
        return exchange.links(self.result.after)

    def steps(self):
        return [step["name"] for step in self.result.steps]

    def fingerprint(self):
        return self.exchange().observe()["fingerprint"]

    def sent(self, name):
        return self.folder / "sent" / name

    def received(self, name):
        path = self.folder / "received" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def post(self, other):
        """The administrators carry what is sent."""
        folder = self.folder / "sent" / other.name
        for path in folder.iterdir():
            shutil.copy(path, other.received(f"{self.name}/{path.name}"))


class Clock:
    now = 1_800_000_000.0

    def __call__(self):
        return self.now

"""Faults after which the link is not made whole again: the scenario ends with them."""

from __future__ import annotations

import json
import shutil

from .pair import Pair, fault, source, target

#: beta offers a name in place of its address.
NAME = "api.beta.example"
HOSTS = "/etc/hosts"


@fault("engine's account removed", source("account", "source"))
def account(pair: Pair):
    saved = pair.alpha.get("serviceaccount -n admiralty admiralty")
    pair.alpha.kubectl("delete serviceaccount -n admiralty admiralty")
    yield
    pair.alpha.apply(saved)


@fault("namespace of the target removed", source("authorisation", "target"),
       target("namespace", "target"))  # fmt: skip
def namespace(pair: Pair):
    pair.beta.kubectl("delete namespace shared --timeout 120s")
    yield


@fault("name that nobody knows", source("name", "source"))
def unknown(pair: Pair):
    link = {"source": "alpha", "target": "beta", "cluster": "beta", "namespaces": ["shared"],
            "budget": {"pods": 8, "cpu": "4", "memory": "4Gi"}}  # fmt: skip
    peer = {"organisation": "Alpha Institute", "contact": "root@localhost"}
    model = {"addresses": {"beta": f"{NAME}:6443"}, "peers": {"alpha": peer},
             "links": {"alpha-to-beta": link}}  # fmt: skip
    pair.beta.playbook("federation", "-e", json.dumps({"site_federation": model}))
    for kind in ("offer",):
        name = f"alpha-to-beta.{kind}"
        shutil.copy(pair.beta.folder / "sent" / "alpha" / name,
                    pair.alpha.folder / "received" / "beta" / name)  # fmt: skip
    pair.alpha.playbook("federation")
    yield


def hosts(pair: Pair, address: str) -> None:
    kept = f"grep -v {NAME} {HOSTS} > /tmp/hosts; cat /tmp/hosts > {HOSTS}"
    pair.alpha.sh(f"{kept}; echo {address} {NAME} >> {HOSTS}")


@fault("wrong address in the hosts file", source("port", "network"))
def wrong_address(pair: Pair):
    hosts(pair, "192.168.78.99")
    yield


@fault("certificate without the name", source("tls", "target"))
def other_name(pair: Pair):
    hosts(pair, "192.168.78.31")
    yield

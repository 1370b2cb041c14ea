"""A target's side of tokens: what its API server has made is sealed, signed and sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..converge import Check, Plan, Refusal
from .documents import Token
from .exchange import FederationExchange
from .tokens import sealed


class Sending:
    """A subject of converge, on the controller.

    made  by link: ``{token, account}``, the account's uid.
    """

    name = "federation_tokens"

    def __init__(self, exchange: FederationExchange, made: Mapping[str, Mapping[str, str]]) -> None:
        self.exchange, self.made = exchange, made
        self._documents: dict[str, Token] = {}

    def observe(self) -> dict[str, Any]:
        return self.exchange.observe()

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan, letters = Plan(), self.exchange.letters
        for name, made in self.made.items():
            link = letters.spec.links[name]
            state = letters.state_of(link, seen)
            if state["state"] != "accepted" or not state["request"]:
                plan.refusals.append(
                    Refusal(name, f"is {state['state']}", "Run playbooks/federation.yml")
                )
                continue
            path = f"{link.peer}/{name}.token"
            own, now = letters.own(seen, path), self.exchange.now()
            if name not in self._documents:
                # the time, so that it rises also where all that was sent is lost
                serial = max(int(now), own.document.serial + 1 if own else 0)
                self._documents[name] = sealed(
                    link, state["request"]["encryption_key"], serial, now, made["token"],
                    made["account"],
                )  # fmt: skip
            document = self._documents[name]
            if own is None or own.document != document:
                plan.steps.append(self.exchange.write(path, document, seen["sent"].get(path)))
        return plan

    def verify(self, seen: dict[str, Any]) -> Sequence[Check]:
        return self.exchange.verify(seen)

"""Tokens of the peers' accounts, asked of the target's own API server: a subject of converge.

Each is bound to its account and ends by itself; the ones before go on until their own end, so
that nobody stands without one. The API server keeps none of them. On a control plane.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..converge import Check, Plan, Step
from ..host_datapath.reading import Reader, SpecError
from ..kube_api import Api, Reference

__all__ = ["Account", "Grants", "SpecError", "accounts"]


@dataclass(frozen=True)
class Account:
    """The account of a link.

    lifetime  of its tokens, in seconds. due: why a new one is; "".
    known     uid of the account that the last token was made for; "" without.
    """

    link: str
    namespace: str
    name: str
    lifetime: int
    due: str
    known: str


def accounts(data: Sequence[Any]) -> list[Account]:
    """From plain data. Raises SpecError."""
    found = []
    for number, each in enumerate(data):
        r = Reader(each, f"accounts[{number}]")
        found.append(
            Account(
                r.text("link"), r.text("namespace"), r.text("name"),
                r.number("lifetime", None, 600, 86400), r.text("due", ""), r.text("known", ""),
            )
        )  # fmt: skip
        r.end()
    return found


class Grants:
    """*now*: make all anew, due or not. ``made`` holds what was made: secrets."""

    name = "federation_grant"

    def __init__(
        self, connect: Callable[[], Api | None], wanted: Sequence[Account], *, now: bool = False
    ) -> None:
        self._connect, self.accounts, self.now = connect, wanted, now
        self.made: dict[str, dict[str, str]] = {}

    def observe(self) -> dict[str, Any]:
        """``{link: uid}`` of the accounts that are there."""
        self.api = self._connect() if self.accounts else None
        return {each.link: self._uid(each) for each in self.accounts}

    def _uid(self, account: Account) -> str:
        reference = Reference("v1", "ServiceAccount", account.namespace, account.name)
        found = self.api.get(reference) if self.api else None
        return found["metadata"]["uid"] if found else ""

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        for account in self.accounts:
            why = account.due or ("asked for" if self.now else "")
            if not why and seen[account.link] != account.known:
                why = "the account was made anew"
            if why and account.link not in self.made:
                plan.steps.append(self._step(account, why))
        return plan

    def _step(self, account: Account, why: str) -> Step:
        def do() -> None:
            assert self.api
            reference = Reference("v1", "ServiceAccount", account.namespace, account.name)
            spec = {"expirationSeconds": account.lifetime}
            body = {
                "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                "spec": {**spec, "audiences": []},
            }  # fmt: skip
            answer = self.api.request("POST", f"{self.api.path(reference)}/token", body)
            self.made[account.link] = {
                "token": answer["status"]["token"], "account": self._uid(account),
            }  # fmt: skip

        return Step(
            f"token:{account.link}", why, do,
            lambda: None if account.link in self.made else "was not made",
            after=f"of {account.namespace}/{account.name}, for {account.lifetime} s",
        )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> Sequence[Check]:
        return ()

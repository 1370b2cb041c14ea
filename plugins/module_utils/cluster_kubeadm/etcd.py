"""etcd's members, asked on a control plane, and the guard of their quorum."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..system import CommandError, System

ETCDCTL = "/usr/local/bin/etcdctl"
PKI = "/etc/kubernetes/pki/etcd"
ACCESS = (
    "--endpoints=https://127.0.0.1:2379", f"--cacert={PKI}/ca.crt",
    f"--cert={PKI}/healthcheck-client.crt", f"--key={PKI}/healthcheck-client.key",
    "--command-timeout=5s", "--write-out=json",
)  # fmt: skip


@dataclass(frozen=True)
class Member:
    """One member. identity: as etcdctl's arguments have it, hexadecimal. address: its host.

    learner: has no vote yet.
    """

    identity: str
    name: str
    address: str
    learner: bool
    healthy: bool


def members(system: System) -> list[Member]:
    """All members with their health. Raises CommandError where etcd has no quorum to say it."""
    listed = json.loads(system.run(ETCDCTL, *ACCESS, "member", "list").stdout)["members"]
    urls = [url for each in listed for url in each.get("clientURLs", ())]
    # fails as a whole when one of them is not healthy, and still says which
    answer = system.run(
        ETCDCTL, f"--endpoints={','.join(urls)}", *ACCESS[1:], "endpoint", "health", check=False
    )
    try:
        asked = {each["endpoint"]: bool(each["health"]) for each in json.loads(answer.stdout)}
    except ValueError:
        raise CommandError(f"etcdctl endpoint health: {answer.stderr.strip()[-200:]}") from None
    return [
        Member(
            f"{each['ID']:x}", each.get("name", ""), urlsplit(each["peerURLs"][0]).hostname or "",
            bool(each.get("isLearner")),
            any(asked.get(url, False) for url in each.get("clientURLs", ())),
        )
        for each in listed
    ]  # fmt: skip


def quorum(count: int) -> int:
    """How many of *count* voting members must agree."""
    return count // 2 + 1


def refusal(found: Sequence[Member], leaving: Member) -> str | None:
    """Why *leaving* may not be removed, or None: etcd must serve before and after."""
    if leaving.learner:
        return None
    voting = [member for member in found if not member.learner]
    rest = [member for member in voting if member != leaving]
    answering, left = sum(m.healthy for m in voting), sum(m.healthy for m in rest)
    if answering < quorum(len(voting)):
        return (
            f"etcd has no quorum: {answering} of {len(voting)} members answer and "
            f"{quorum(len(voting))} are needed"
        )
    if not rest:
        return f"{leaving.name} is the last member of etcd"
    if left < quorum(len(rest)):
        silent = ", ".join(m.name or m.address for m in rest if not m.healthy)
        return (
            f"etcd would lose its quorum: without {leaving.name} {left} of {len(rest)} members "
            f"answer ({silent} does not) and {quorum(len(rest))} are needed"
        )
    return None


def remove(system: System, member: Member) -> None:
    """Take a member out. CommandError where the quorum's guard refuses."""
    found = members(system)
    reason = refusal(found, next((m for m in found if m.identity == member.identity), member))
    if reason:
        raise CommandError(reason)
    system.run(ETCDCTL, *ACCESS, "member", "remove", member.identity)


def of_host(found: Iterable[Member], name: str, address: str = "") -> list[Member]:
    """The members that are, or were, on a host."""
    return [m for m in found if m.name == name or (address and m.address == address)]


def forget(system: System, name: str, address: str) -> None:
    """Take out what a host that is made anew has left: with it kubeadm would start an empty member.

    CommandError where it still answers (then the host is not what it says), or by the guard.
    """
    for member in of_host(members(system), name, address):
        if member.healthy and not member.learner:
            raise CommandError(
                f"etcd's member {member.name} at {member.address} answers, but {name} says that "
                "it is no control plane: two hosts with one name or address?"
            )
        remove(system, member)

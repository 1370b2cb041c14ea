"""Who is measured against whom. Controller and tests; no Ansible in it.

Hosts of one group are alike, so they are paired within it, in the play's order. Pairs do
not share hosts and do not disturb each other; a host takes part in three sessions at most,
so the cost of a run grows with its hosts, not with their pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .spec import CLIENT, SERVER


def pairs(hosts: Sequence[str], groups: Mapping[str, Sequence[str]]) -> list[tuple[str, str, int]]:
    """(client, server, round): a host in two of them takes part in the lower round first.

    hosts   the play's hosts.
    groups  group of the model → its hosts; those outside of the play do not count.
    """
    found: list[tuple[str, str, int]] = []
    late: list[tuple[str, str, int]] = []
    single: list[str] = []
    for members in groups.values():
        ring = [host for host in hosts if host in set(members)]
        found += [(*pair, 0) for pair in zip(ring[::2], ring[1::2], strict=False)]
        if len(ring) == 1:
            single += ring
        elif len(ring) % 2:
            late.append((ring[-1], ring[1], 1))
    found += [(*pair, 0) for pair in zip(single[::2], single[1::2], strict=False)]
    if len(single) % 2 and found:
        # after the session that its server may have with the odd host of its own group
        late.append((single[-1], found[0][1], 2))
    return found + late


def plan(
    hosts: Sequence[str], groups: Mapping[str, Sequence[str]], host: str
) -> list[dict[str, str | int]]:
    """The sessions of one host, in order: {"peer": name, "role": client or server, "round"}."""
    sessions: list[dict[str, str | int]] = []
    for client, server, number in pairs(hosts, groups):
        if host == client:
            sessions.append({"peer": server, "role": CLIENT, "round": number})
        elif host == server:
            sessions.append({"peer": client, "role": SERVER, "round": number})
    return sessions

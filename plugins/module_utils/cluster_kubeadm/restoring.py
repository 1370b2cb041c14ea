"""The mark of a restore on a node: how far it got, so that a cut one is gone on with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ..system import System

MARK = "/var/lib/slipway/restore.json"
#: On the node that gets the snapshot: nothing done yet, empty, etcd's data there, its API serves.
BEGUN, EMPTY, DATA, RESTORED = "begun", "empty", "data", "restored"
#: On the others: what they were is gone. On all, at the end: the cluster is whole.
RESET, FINISHED = "reset", "finished"


@dataclass(frozen=True)
class Mark:
    """identity: of this restore, the same on all control planes."""

    cluster: str
    snapshot: str
    identity: str
    state: str

    @property
    def seeds(self) -> bool:
        """Whether this node gets the snapshot in a restore that is not finished."""
        return self.state in (BEGUN, EMPTY, DATA, RESTORED)


def read(system: System) -> Mark | None:
    """The node's mark; None where there is none that can be read."""
    try:
        return Mark(**json.loads(system.read(MARK) or "{}"))
    except (TypeError, ValueError):
        return None


def write(system: System, mark: Mark) -> None:
    system.write_file(MARK, json.dumps(asdict(mark), indent=1, sort_keys=True) + "\n")


def under_way(system: System) -> str:
    """The snapshot whose restore emptied this node and has not brought it back; "" if none."""
    mark = read(system)
    return mark.snapshot if mark and mark.state in (BEGUN, EMPTY, DATA, RESET) else ""

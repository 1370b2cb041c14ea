"""One node's way to its state; many walk at once, each in a thread, and look together."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..cloud.api import Thing
from ..converge import Clock
from . import marks
from .compare import clean_steps, edits, needs_raid, new_node
from .edits import Edit, Seen
from .ironic import Ironic
from .spec import NodeSpec
from .states import DELETABLE, REASON, Needs, NodeFailed, Tried, kept_away, next_move

#: A node's ports can be changed here without maintenance.
_UNPLUGGED = ("enroll", "manageable")


class Watch:
    """Nodes' states, listed once for all who wait."""

    def __init__(self, ironic: Ironic, clock: Clock) -> None:
        self._ironic, self._clock = ironic, clock
        self._lock = threading.Lock()
        self._states: dict[str, Thing] = {}
        self._begun = float("-inf")

    def see(self, name: str) -> Thing | None:
        """The node as it is now or later; None if it is not there."""
        asked = self._clock.now()
        with self._lock:
            if self._begun < asked:
                begun = self._clock.now()
                self._states = self._ironic.states()
                self._begun = begun
            return self._states.get(name)


def look_at(ironic: Ironic, spec: NodeSpec, uuid: str) -> Seen:
    """One node, whole."""
    bios = ironic.bios(uuid) if spec.bios else {}
    return Seen(ironic.node(uuid), ironic.ports(uuid), ironic.groups(uuid), bios)


class Walk:
    """Brings one node to its state.

    timeout  seconds for all of it.
    """

    def __init__(
        self, ironic: Ironic, watch: Watch, spec: NodeSpec, site: str, timeout: float, clock: Clock,
    ) -> None:  # fmt: skip
        self.ironic, self.watch, self.spec, self.site = ironic, watch, spec, site
        self.timeout, self.clock = timeout, clock
        self.tried, self.needs = Tried(), Needs()
        self.edited = self.cleaning_raid = False

    def run(self) -> None:
        """Raises NodeFailed or the API's error."""
        started = self.clock.now()
        pause = 0.5
        while True:
            seen = self.watch.see(self.spec.name) or self._enroll()
            if self._step(seen):
                return
            spent = self.clock.now() - started
            if spent > self.timeout:
                state = seen["provision_state"]
                raise NodeFailed(
                    f"after {self.timeout:.0f} s still in state {state!r}. Look at the node's "
                    "console; what it waits for goes on, and running again waits again"
                )
            self.clock.sleep(pause)
            pause = min(pause * 1.2, 5.0)

    def _enroll(self) -> Thing:
        return self.ironic.create(
            "nodes", new_node(self.spec, self.site),
            lambda: self.ironic.states().get(self.spec.name),
        )  # fmt: skip

    def _step(self, seen: Thing) -> bool:
        """Do what comes next; whether all is done."""
        uuid = seen["uuid"]
        if reason := kept_away(seen):
            return self._beside(uuid, reason)
        if not self.edited and seen["provision_state"] in (*_UNPLUGGED, "available"):
            self._edit(look_at(self.ironic, self.spec, uuid), free=True)
            self.edited = True
        if self.cleaning_raid and seen["provision_state"] == "manageable":
            wrote = {
                **marks.wrote(self.ironic.node(uuid)["extra"]),
                "raid": marks.raid(self.spec.raid),
            }
            patch = [{"op": "add", "path": f"/extra/{marks.WROTE}", "value": wrote}]
            self.ironic.patch("nodes", uuid, patch)
            self.cleaning_raid = False
        move = next_move(seen, self.spec.state, self.needs, self.tried)
        if move is None:
            return True
        if move != "wait":
            self._make(move, seen)
        return False

    def _beside(self, uuid: str, reason: str) -> bool:
        """In use or kept away: only what its server does not notice; the plan lists the rest."""
        if self.tried.verbs:
            raise NodeFailed(f"{reason}, since this run began. Run again when it is free")
        if reason.startswith("is in use"):
            self._edit(look_at(self.ironic, self.spec, uuid), free=False)
        return True

    def _edit(self, seen: Seen, free: bool) -> None:
        """*free*: nobody's server is on it."""
        node, uuid = seen.node, seen.node["uuid"]
        wanted = [e for e in edits(self.spec, seen, self.site) if e.do and (free or e.in_use)]
        groups = {each["name"]: each["uuid"] for each in seen.groups}
        plugged = node["provision_state"] not in _UNPLUGGED and not node["maintenance"]
        apart = [e for e in wanted if e.unplugged and plugged]
        self._do([e for e in wanted if e not in apart], groups)
        if apart:
            # cut here, the next run knows the reason and ends it
            self.ironic.maintenance(uuid, REASON)
            if self.ironic.node(uuid)["instance_uuid"]:
                self.ironic.maintenance(uuid, None)
                raise NodeFailed("a server has come onto it. Run again when it is free")
            self._do(apart, groups)
            self.ironic.maintenance(uuid, None)
        if free:
            self.needs.clean = bool(clean_steps(self.spec, seen))
            self.needs.inspect = self.spec.inspect and not node["inspection_finished_at"]

    def _do(self, wanted: list[Edit], groups: dict[str, str]) -> None:
        for edit in wanted:
            assert edit.do
            edit.do(self.ironic, groups)

    def _make(self, move: str, seen: Thing) -> None:
        uuid = seen["uuid"]
        if move == "maintenance off":
            self.tried.opened = True
        elif seen["provision_state"] in (*_UNPLUGGED, "available"):
            self.tried.verbs.append(move)
        else:
            self.tried.rescued = True
        special: dict[str, Callable[[], None]] = {
            "maintenance off": lambda: self.ironic.maintenance(uuid, None),
            "power off": lambda: self.ironic.power_off(uuid),
            "clean": lambda: self._clean(uuid),
        }
        special.get(move, lambda: self.ironic.provision(uuid, move))()
        if move == "inspect":  # it writes properties and makes ports: compared again
            self.edited = False

    def _clean(self, uuid: str) -> None:
        seen = look_at(self.ironic, self.spec, uuid)
        steps = clean_steps(self.spec, seen)
        if needs_raid(self.spec, seen.node):
            self.ironic.target_raid(uuid, dict(self.spec.raid))
            self.cleaning_raid = True
        if steps:
            self.ironic.provision(uuid, "clean", steps)
        self.needs.clean = False


def remove(ironic: Ironic, watch: Watch, name: str, timeout: float, clock: Clock) -> None:
    """Delete a node that nobody uses. Raises NodeFailed."""
    started, sent = clock.now(), False
    while seen := watch.see(name):
        if reason := kept_away(seen):
            raise NodeFailed(f"{reason}, so that it is not removed")
        if seen["provision_state"] in DELETABLE:
            ironic.delete("nodes", seen["uuid"])
        elif not sent:
            ironic.provision(seen["uuid"], "manage")
            sent = True
        elif clock.now() - started > timeout:
            raise NodeFailed(f"after {timeout:.0f} s still in state {seen['provision_state']!r}")
        clock.sleep(0.5)

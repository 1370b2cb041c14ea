"""Free bare-metal nodes that Nova does not offer yet: nova-compute asks Ironic once a minute."""

from __future__ import annotations

import threading

from ..cloud.api import Cloud
from ..cloud.placement import Flavor, candidates, fitting, is_free
from ..cloud_nodes.ironic import Ironic
from ..converge import Clock
from .api import ServerFailed

PATIENCE = 180.0  # seconds: nova-compute's minute, and another for a slow turn
PAUSE = 3.0
#: States of a node that was given back and will be free.
RETURNING = ("deleting", "cleaning", "clean wait")


class Takeover:
    """Asked before each server; those of one flavor wait together."""

    def __init__(self, cloud: Cloud, clock: Clock) -> None:
        self.cloud, self.clock = cloud, clock
        self._lock = threading.Lock()
        self._seen: set[str] = set()

    def wait(self, flavor_id: str, timeout: float, *, again: bool) -> None:
        """Until Placement offers all free nodes that fit a whole-server flavor.

        timeout  seconds for nodes that are being cleaned.
        again    a server has just been deleted: what was seen before no longer holds.

        Raises ServerFailed where it offers none of them after a while.
        """
        if not (self.cloud.has("baremetal") and self.cloud.has("placement")):
            return
        with self._lock:
            if flavor_id in self._seen and not again:
                return
            found = self.cloud.call("compute", "GET", f"/flavors/{flavor_id}")
            flavor = Flavor.of(found["flavor"])
            if flavor.whole:
                self._wait(flavor, timeout)
            self._seen.add(flavor_id)

    def _wait(self, flavor: Flavor, timeout: float) -> None:
        ironic, started = Ironic(self.cloud), self.clock.now()
        freed: float | None = None  # since when a node is free
        while True:
            mine = fitting(ironic.nodes(), flavor)
            free = {uuid for uuid, node in mine.items() if is_free(node)}
            returning = [n for n in mine.values() if n["provision_state"] in RETURNING]
            offered = candidates(self.cloud, flavor)
            if free <= offered and (offered or not returning):
                return
            now = self.clock.now()
            freed = None if not free else now if freed is None else freed
            if now - started > timeout if freed is None else now - freed > PATIENCE:
                break
            self.clock.sleep(PAUSE)
        if not offered:
            names = ", ".join(sorted(mine[uuid]["name"] or uuid for uuid in free))
            raise ServerFailed(
                f"{names}: free in Ironic, and after {PATIENCE:.0f} s Nova offers none of them. "
                "Look at nova-compute's log on the host that serves Ironic"
                if free
                else f"after {timeout:.0f} s all nodes that fit are still being cleaned"
            )

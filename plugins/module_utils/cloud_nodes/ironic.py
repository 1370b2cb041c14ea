"""Ironic's API as far as nodes need it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ..cloud.api import Cloud, Thing

_STATE = (
    "uuid", "name", "provision_state", "power_state", "target_power_state", "maintenance",
    "maintenance_reason", "fault", "last_error", "instance_uuid", "retired",
    "inspection_finished_at",
)  # fmt: skip
INTERFACES = tuple(
    f"{kind}_interface"
    for kind in "bios boot console deploy inspect management network power raid rescue "
    "storage vendor".split()
)
_NODE = (
    *_STATE, "driver", "driver_info", "resource_class", "traits", "properties", "extra",
    "raid_config", "target_raid_config", *INTERFACES,
)  # fmt: skip
_PORT = (
    "uuid", "address", "node_uuid", "portgroup_uuid", "pxe_enabled", "physical_network",
    "local_link_connection", "extra",
)  # fmt: skip
_GROUP = ("uuid", "name", "address", "node_uuid", "mode", "properties", "extra")


class Ironic:
    """Lists with just the fields that are read; calls by UUID, only so many at a time.

    parallel  calls at a time, of however many threads.
    """

    def __init__(self, cloud: Cloud, parallel: int = 8) -> None:
        self.cloud = cloud
        self._turn = threading.Semaphore(parallel)

    def _list(self, kind: str, fields: tuple[str, ...], **more: str) -> list[Thing]:
        with self._turn:
            asked = {"fields": ",".join(fields), **more}
            return self.cloud.list("baremetal", f"/{kind}", kind, asked)

    def _call(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        with self._turn:
            return self.cloud.call("baremetal", method, path, body, **more)

    # questions

    def nodes(self) -> list[Thing]:
        """All nodes, with all that is compared."""
        return self._list("nodes", _NODE)

    def states(self) -> dict[str, Thing]:
        """By name: what changes while nodes move."""
        return {node["name"]: node for node in self._list("nodes", _STATE) if node["name"]}

    def node(self, uuid: str) -> Thing:
        """One node as ``nodes`` has it."""
        return dict(self._call("GET", f"/nodes/{uuid}", query={"fields": ",".join(_NODE)}))

    def ports(self, node: str = "") -> list[Thing]:
        """All ports, or those of a node."""
        return self._list("ports", _PORT, **({"node_uuid": node} if node else {}))

    def groups(self, node: str = "") -> list[Thing]:
        """All port groups, or those of a node."""
        return self._list("portgroups", _GROUP, **({"node": node} if node else {}))

    def bios(self, node: str) -> dict[str, str]:
        """BIOS settings as Ironic last read them."""
        found = self._call("GET", f"/nodes/{node}/bios")
        return {setting["name"]: setting["value"] for setting in found["bios"]}

    # changes

    def create(self, kind: str, body: Thing, found: Callable[[], Thing | None]) -> Thing:
        """*kind*: nodes, ports or portgroups. *found*: looks for it where the answer was lost."""
        return dict(self._call("POST", f"/{kind}", body, settled=found))

    def patch(
        self, kind: str, uuid: str, operations: list[Thing], *, reset_interfaces: bool = False
    ) -> None:
        """JSON patch."""
        query = {"reset_interfaces": "true"} if reset_interfaces else None
        self._call("PATCH", f"/{kind}/{uuid}", operations, query=query)

    def delete(self, kind: str, uuid: str) -> None:
        """What is gone already is well."""
        with self._turn:
            self.cloud.delete("baremetal", f"/{kind}/{uuid}")

    def set_traits(self, node: str, traits: list[str]) -> None:
        """These and no others."""
        self._call("PUT", f"/nodes/{node}/traits", {"traits": traits})

    def provision(self, node: str, verb: str, steps: list[Thing] | None = None) -> None:
        """Send a verb; a repeat after a lost answer is not sent if the node has left its state."""
        body = {"target": verb, **({"clean_steps": steps} if steps else {})}
        before = self.node(node)["provision_state"]

        def settled() -> bool | None:
            with_turn = self.cloud.call("baremetal", "GET", f"/nodes/{node}/states")
            return True if with_turn["provision_state"] != before else None

        self._call("PUT", f"/nodes/{node}/states/provision", body, settled=settled)

    def power_off(self, node: str) -> None:
        """Ironic does it in the background."""
        self._call("PUT", f"/nodes/{node}/states/power", {"target": "power off"})

    def target_raid(self, node: str, wanted: Thing) -> None:
        """What clean steps of RAID make."""
        self._call("PUT", f"/nodes/{node}/states/raid", wanted)

    def maintenance(self, node: str, reason: str | None) -> None:
        """On with a reason, off without."""
        if reason is None:
            self._call("DELETE", f"/nodes/{node}/maintenance")
        else:
            self._call("PUT", f"/nodes/{node}/maintenance", {"reason": reason})

"""A STAND-IN of Ironic's API: its rules and its states, with a clock of its own.

States pass when the clock has gone on for SECONDS; whatever has a name in ``broken`` fails there.
"""

from __future__ import annotations

import copy
import itertools
import threading
from typing import Any

from ansible.module_utils.cloud.transport import Answer
from ansible.module_utils.converge import Clock

SECONDS = 2.0
INTERFACES = "bios boot console deploy inspect management network power raid rescue storage vendor"
#: (state, verb) → (passing state, state after it, state when it fails)
WAYS = {
    ("enroll", "manage"): ("verifying", "manageable", "enroll"),
    ("available", "manage"): (None, "manageable", ""),
    ("clean failed", "manage"): (None, "manageable", ""),
    ("inspect failed", "manage"): (None, "manageable", ""),
    ("adopt failed", "manage"): (None, "manageable", ""),
    ("manageable", "provide"): ("cleaning", "available", "clean failed"),
    ("manageable", "inspect"): ("inspecting", "manageable", "inspect failed"),
    ("manageable", "clean"): ("cleaning", "manageable", "clean failed"),
    ("deploy failed", "deleted"): ("deleting", "available", "error"),
    ("error", "deleted"): ("deleting", "available", "error"),
}
OPEN = ("enroll", "manageable", "inspecting", "inspect wait")


class Refused(Exception):
    def __init__(self, status: int, why: str) -> None:
        self.status, self.why = status, why


class StandInIronic:
    """broken: (node, verb) → last_error. calls: (method, path) of what changes something."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}
        self.ports: dict[str, dict[str, Any]] = {}
        self.portgroups: dict[str, dict[str, Any]] = {}
        self.settings: dict[str, dict[str, str]] = {}
        self.broken: dict[tuple[str, str], str] = {}
        self.calls: list[tuple[str, str]] = []
        self.asked = 0
        self.secrets: dict[str, dict[str, str]] = {}
        self.page = 1000
        self._passing: dict[str, tuple[float, Any]] = {}
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._now = 0.0
        self.clock = Clock(lambda: self._now, self._sleep)

    def _sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds

    # what tests prepare

    def enroll(self, name: str, **fields: Any) -> dict[str, Any]:
        node = {
            "uuid": f"node-{next(self._numbers)}", "name": name, "driver": "fake-hardware",
            "provision_state": "enroll", "power_state": None, "target_power_state": None,
            "maintenance": False, "maintenance_reason": None, "fault": None, "last_error": None,
            "instance_uuid": None, "retired": False, "inspection_finished_at": None,
            "driver_info": {}, "resource_class": None, "traits": [], "properties": {}, "extra": {},
            "raid_config": {}, "target_raid_config": {},
            **{f"{kind}_interface": "fake" for kind in INTERFACES.split()}, **fields,
        }  # fmt: skip
        self.nodes[node["uuid"]] = node
        return node

    def named(self, name: str) -> dict[str, Any]:
        return next(node for node in self.nodes.values() if node["name"] == name)

    def passes(self, node: dict[str, Any], to: str, **fields: Any) -> None:
        """The node leaves its state by itself, soon."""
        then = {"provision_state": to, **fields}
        self._passing[node["uuid"]] = (self._now + SECONDS, then)

    # the transport

    def has(self, service: str) -> bool:
        return service == "baremetal"

    def scoped(self, project_id: str) -> StandInIronic:
        return self

    def send(
        self, service: str, method: str, path: str, *, body: Any = None, query: Any = None,
        headers: Any = None, data: Any = None, microversion: str | None = None,
    ) -> Answer:  # fmt: skip
        with self._lock:
            self._advance()
            self.asked += 1
            if method != "GET":
                self.calls.append((method, path))
            try:
                kind, *rest = path.strip("/").split("/")
                found = self._route(method, kind, rest, copy.deepcopy(body), dict(query or {}))
            except Refused as refused:
                return Answer(refused.status, {"error_message": {"faultstring": refused.why}})
            return Answer(200, copy.deepcopy(found))

    def _advance(self) -> None:
        for uuid, (when, then) in list(self._passing.items()):
            if when <= self._now:
                del self._passing[uuid]
                node = self.nodes[uuid]
                then() if callable(then) else node.update(then)

    def _route(self, method: str, kind: str, rest: list[str], body: Any, query: Any) -> Any:
        things = getattr(self, kind)
        if not rest:
            return self._create(kind, body) if method == "POST" else self._list(kind, query)
        thing = things.get(rest[0])
        if thing is None:
            raise Refused(404, f"{kind} {rest[0]} could not be found")
        if len(rest) > 1:
            return self._of_node(method, thing, rest[1:], body)
        if method == "GET":
            return self._shown(thing)
        if method == "PATCH":
            return self._patch(kind, thing, body)
        return self._delete(kind, thing)

    def _list(self, kind: str, query: dict[str, str]) -> dict[str, Any]:
        node = query.get("node") or query.get("node_uuid")
        every = [t for t in getattr(self, kind).values() if not node or t["node_uuid"] == node]
        start = next((n + 1 for n, t in enumerate(every) if t["uuid"] == query.get("marker")), 0)
        page = every[start : start + self.page]
        fields = query["fields"].split(",")
        answer: dict[str, Any] = {
            kind: [{k: v for k, v in self._shown(t).items() if k in fields} for t in page]
        }
        if start + self.page < len(every):
            answer["next"] = f"http://lb/v1/{kind}?marker={page[-1]['uuid']}"
        return answer

    def _shown(self, thing: dict[str, Any]) -> dict[str, Any]:
        info = thing.get("driver_info")
        if info is None:
            return thing
        return {**thing, "driver_info": {k: "******" if "password" in k else v
                                         for k, v in info.items()}}  # fmt: skip

    def _create(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        if kind == "nodes":
            if any(node["name"] == body["name"] for node in self.nodes.values()):
                raise Refused(409, f"A node with name {body['name']} already exists")
            return self._shown(self.enroll(**body))
        assert body["node_uuid"] in self.nodes  # no names here
        things = getattr(self, kind)
        if kind == "ports" and any(p["address"] == body["address"] for p in things.values()):
            raise Refused(409, f"A port with MAC address {body['address']} already exists")
        bare = {"portgroup_uuid": None} if kind == "ports" else {}
        made = {"uuid": f"{kind}-{next(self._numbers)}", **bare, **body}
        if kind == "ports":
            self._same_network(made)
        things[made["uuid"]] = made
        return made

    def _same_network(self, port: dict[str, Any]) -> None:
        if port["portgroup_uuid"] is None:
            return
        assert port["portgroup_uuid"] in self.portgroups
        members = [
            each for each in self.ports.values()
            if each["portgroup_uuid"] == port["portgroup_uuid"] and each["uuid"] != port["uuid"]
        ]  # fmt: skip
        if any(each["physical_network"] != port["physical_network"] for each in members):
            raise Refused(409, "Port group has another physical network")

    def _patch(self, kind: str, thing: dict[str, Any], patch: list[dict[str, Any]]) -> Any:
        changed = copy.deepcopy(thing)
        for operation in patch:
            *above, last = [p.replace("~1", "/").replace("~0", "~")
                            for p in operation["path"].strip("/").split("/")]  # fmt: skip
            place = changed
            for key in above:
                place = place[key]
            if operation["op"] == "add":
                place[last] = operation["value"]
            elif above:
                del place[last]
            else:
                place[last] = None
        if kind == "ports" and patch[0]["path"] != "/portgroup_uuid":  # as the real one does
            changed["portgroup_uuid"] = thing["portgroup_uuid"]
        node = thing if kind == "nodes" else self.nodes[thing["node_uuid"]]
        state = node["provision_state"]
        if kind == "ports":
            plugs = ("portgroup_uuid", "pxe_enabled", "local_link_connection", "physical_network")
            replugged = any(changed[k] != thing[k] for k in plugs)
            if replugged and state not in OPEN and not node["maintenance"]:
                raise Refused(409, "Port can not have any connectivity attributes updated")
            self._same_network(changed)
        reclassed = kind == "nodes" and changed["resource_class"] != thing["resource_class"]
        if reclassed and state not in (*OPEN, "available"):
            raise Refused(409, "Node can not have resource_class updated")
        thing.update(changed)
        return thing

    def _delete(self, kind: str, thing: dict[str, Any]) -> None:
        if kind == "nodes":
            if thing["provision_state"] not in ("enroll", "manageable", "adopt failed"):
                raise Refused(409, "Can not delete node in this state")
            for things in (self.ports, self.portgroups):
                for uuid in [u for u, t in things.items() if t["node_uuid"] == thing["uuid"]]:
                    del things[uuid]
        members = [p for p in self.ports.values() if p["portgroup_uuid"] == thing["uuid"]]
        if kind == "portgroups" and members:
            raise Refused(409, "Portgroup is not empty")
        del getattr(self, kind)[thing["uuid"]]

    def _of_node(self, method: str, node: dict[str, Any], rest: list[str], body: Any) -> Any:
        match rest:
            case ["bios"]:
                known = self.settings.setdefault(node["name"], {})
                return {"bios": [{"name": k, "value": v} for k, v in known.items()]}
            case ["traits"]:
                node["traits"] = body["traits"]
            case ["maintenance"]:
                on = method == "PUT"
                node.update(maintenance=on, maintenance_reason=body["reason"] if on else None,
                            fault=None)  # fmt: skip
            case ["states"]:
                return node
            case ["states", "raid"]:
                node["target_raid_config"] = body
            case ["states", "power"]:
                node["target_power_state"] = "power off"
                then = {"target_power_state": None, "power_state": "power off"}
                self._passing[node["uuid"]] = (self._now + SECONDS, then)
            case ["states", "provision"]:
                self._provision(node, body["target"], body.get("clean_steps", []))
            case _:
                raise Refused(404, f"no such path: {rest}")
        return None

    def _provision(self, node: dict[str, Any], verb: str, steps: list[dict[str, Any]]) -> None:
        state = node["provision_state"]
        way = WAYS.get((state, verb))
        if way is None:
            raise Refused(400, f"The requested action {verb} can not be performed on {state}")
        during, then, failed = way
        problem = self.broken.get((node["name"], verb))
        if during is None:
            node["provision_state"] = then
            return
        node["provision_state"] = during

        def end() -> None:
            if problem:
                node.update(provision_state=failed, last_error=problem)
                if failed == "clean failed":
                    node.update(maintenance=True, fault="clean failure")
                return
            node.update(provision_state=then, last_error=None)
            if verb == "inspect":
                node["inspection_finished_at"] = "2026-11-27T00:00:00Z"
                node["properties"] |= {"cpus": "64"}
            for step in steps:
                if step["interface"] == "bios":
                    known = self.settings.setdefault(node["name"], {})
                    known |= {s["name"]: s["value"] for s in step["args"]["settings"]}
                elif step["step"] == "create_configuration":
                    node["raid_config"] = copy.deepcopy(node["target_raid_config"])

        self._passing[node["uuid"]] = (self._now + SECONDS, end)

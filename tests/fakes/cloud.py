"""A STAND-IN of the cloud's APIs in memory, for unit tests: collections, pages, tags, faults.

It knows no rules of the real services but those that a test needs; molecule/cloud asks real ones.
"""

import copy
import itertools
import threading
from collections.abc import Callable

from ansible.module_utils.cloud.errors import Lost
from ansible.module_utils.cloud.transport import Answer

#: Service and collection of each kind: what one is called in bodies.
COLLECTIONS = {
    ("network", "networks"): "network",
    ("network", "subnets"): "subnet",
    ("network", "routers"): "router",
    ("network", "ports"): "port",
    ("network", "security-groups"): "security_group",
    ("network", "floatingips"): "floatingip",
    ("network", "extensions"): "extension",
    ("identity", "projects"): "project",
    ("identity", "roles"): "role",
    ("identity", "role_assignments"): "role_assignment",
    ("compute", "flavors"): "flavor",
    ("compute", "servers"): "server",
    ("image", "images"): "image",
    ("baremetal", "nodes"): "node",
    ("baremetal", "ports"): "port",
    ("baremetal", "portgroups"): "portgroup",
}
_FILTERS = ("name", "project_id", "network_id", "device_id", "router_id")


class StandInCloud:
    """Answers like the services. ``handlers`` come first: (method, path) → Answer or None.

    page    objects of a page.
    faults  taken one by one, one for each request that *faulty* wants: a status, "lost" (done, but
            no answer), "broken" (neither), or None for none.
    """

    def __init__(self, page=100):
        self.page = page
        self.store = {where: [] for where in COLLECTIONS}
        self.handlers: list[Callable] = []
        self.faults: list = []
        self.faulty = lambda method, path: method != "GET"
        self.asked: list[tuple[str, str]] = []
        self.services = {service for service, _ in COLLECTIONS}
        self._ids = itertools.count(1)
        self._lock = threading.RLock()

    def has(self, service):
        return service in self.services

    def scoped(self, project_id):
        return self

    def project_id(self):
        return "p-own"

    def user_id(self):
        return "u-own"

    def put(self, service, collection, **values):
        """An object made by hand."""
        thing = {"id": f"id-{next(self._ids)}", "tags": [], "project_id": "p-own", **values}
        self.store[service, collection].append(thing)
        return thing

    def of(self, collection, service="network"):
        return self.store[service, collection]

    def changes(self):
        return [each for each in self.asked if each[0] != "GET"]

    def send(self, service, method, path, *, body=None, query=None, headers=None, data=None,
             microversion=None):  # fmt: skip
        with self._lock:
            self.asked.append((method, path))
            fault = self.faults.pop(0) if self.faults and self.faulty(method, path) else None
            if isinstance(fault, int):
                return Answer(fault, {"error": {"message": "injected"}})
            if fault == "broken":
                raise Lost("injected: nothing was done")
            answer = self._answer(service, method, path, copy.deepcopy(body), query or {}, data)
            if fault == "lost":
                raise Lost("injected: done, the answer is lost")
            return copy.deepcopy(answer)

    def _answer(self, service, method, path, body, query, data):
        for handler in self.handlers:
            if (answer := handler(service, method, path, body, query, data)) is not None:
                return answer
        collection, *rest = path.strip("/").split("/")
        if rest == ["detail"]:
            rest = []
        one = COLLECTIONS[service, collection]
        things = self.store[service, collection]
        key = collection.replace("-", "_")
        if not rest and method == "GET":
            return self._page(things, key, query, path)
        if not rest and method == "POST":
            thing = self.put(service, collection, **body.get(one, body))
            return Answer(201, {one: thing} if one in body else thing)
        found = next((t for t in things if rest[0] in (t["id"], t.get("uuid"))), None)
        if found is None:
            return Answer(404, {"error": {"message": f"no {one} {rest[0]}"}})
        return self._one(things, found, one, method, rest[1:], body)

    def _one(self, things, found, one, method, rest, body):
        if rest[:1] == ["tags"]:
            if len(rest) > 1:
                found["tags"].append(rest[1])
            else:
                found["tags"] = body["tags"]
            return Answer(200, {"tags": found["tags"]})
        if method == "DELETE":
            things.remove(found)
            return Answer(204)
        if method in ("PUT", "PATCH"):
            found |= body.get(one, body)
        return Answer(200, {one: found})

    def _page(self, things, key, query, path):
        known = [
            t for t in things
            if all(str(t.get(k)) == str(v) for k, v in query.items() if k in _FILTERS)
        ]  # fmt: skip
        start = 1 + next((n for n, t in enumerate(known) if t["id"] == query.get("marker")), -1)
        page = known[start : start + self.page]
        answer = {key: page}
        if start + self.page < len(known):
            href = f"http://wrong.host{path}?marker={page[-1]['id']}"
            answer[f"{key}_links"] = [{"rel": "next", "href": href}]
        return Answer(200, answer)

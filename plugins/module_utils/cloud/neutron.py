"""A kind of Neutron's: its mark, and a create that finds its object again.

A tag comes by a request of its own. Until then, for a run that is cut between the two, the mark is
the description; there it stays where the model has no description of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .api import Cloud, Thing
from .kind import Kind
from .marks import Mark
from .projects import Projects

#: Ports that Neutron makes for a network by itself; with these it is not in use.
OWN_PORTS = ("network:dhcp", "network:distributed")


class NeutronKind(Kind[Thing]):
    """*W* is a mapping as the module takes it, with ``project`` (None: the connection's own).

    path   of the collection.
    one    what an object is called in bodies.
    known  ids that were there when the run began: what is made is not one of these.
    ids    of the model's, by name; ``names`` the other way round, with all that has the mark.
    """

    path = ""
    one = ""

    def __init__(self, cloud: Cloud, mark: Mark, projects: Projects) -> None:
        super().__init__(cloud, mark)
        self.projects = projects
        self.known: set[str] = set()
        self.ids: dict[str, str] = {}
        self.names: dict[str, str] = {}

    def seen(self, found: Sequence[Thing], wants: Mapping[str, Thing]) -> None:
        """Take note of what is there."""
        near = [t for t in found if t["name"] in wants and self.near(wants[t["name"]], t)]
        mine = [t for t in found if self.marked(t)]
        self.ids = {thing["name"]: thing["id"] for thing in (*near, *mine)}
        self.names = {thing["id"]: thing["name"] for thing in (*near, *mine)}

    def chosen(self, name: str, thing: Thing) -> None:
        self.ids[name] = thing["id"]

    def list(self, **query: Any) -> list[Thing]:
        """All that the user may see."""
        key = self.path.strip("/").replace("-", "_")
        found = self.cloud.list("network", self.path, key, query)
        if not query:
            self.known = {thing["id"] for thing in found}
        return found

    def leaving(self, port: Thing) -> bool:
        """Whether the port goes in the same run, so that it is no use."""
        return False

    def near(self, want: Thing, thing: Thing) -> bool:
        return bool(thing.get("project_id") == self.projects.id_of(want.get("project")))

    def marked(self, thing: Thing) -> bool:
        return super().marked(thing) or thing.get("description") == self.mark.tag

    def post(self, values: Thing) -> Thing:
        """Make one, with its mark: in the description first, as Neutron takes no tags here."""
        body = {self.one: {**values, "description": self.mark.tag}}
        made: Thing = self.cloud.create("network", self.path, body, lambda: self._made(values))
        thing: Thing = made[self.one]
        self.take(thing)
        return thing

    def _made(self, values: Thing) -> Thing | None:
        query = {"name": values["name"]}
        new = [t for t in self.list(**query) if t["id"] not in self.known]
        # of two runs at once each makes its own
        same = [t for t in new if values.get("network_id") in (None, t.get("network_id"))]
        return {self.one: same[0]} if same else None

    def put(self, thing: Thing, values: Thing) -> Thing:
        """Change attributes."""
        changed: Thing = self.cloud.change(
            "network", "PUT", f"{self.path}/{thing['id']}", {self.one: values}
        )
        return changed[self.one]

    def take(self, thing: Thing) -> None:
        tags = sorted({*(thing.get("tags") or ()), self.mark.tag})
        self.cloud.change("network", "PUT", f"{self.path}/{thing['id']}/tags", {"tags": tags})

    def remove(self, thing: Thing) -> None:
        self.cloud.delete("network", f"{self.path}/{thing['id']}")

    def owner(self, thing: Thing) -> str | None:
        """Its project as the module names it: None for the connection's own."""
        mine = thing.get("project_id") == self.cloud.project_id
        return None if mine else self.projects.name_of(str(thing.get("project_id")))

    def own_project(self, want: Thing) -> Thing:
        """``project_id`` for a body, where it is not the connection's own."""
        project = want.get("project")
        return {"project_id": self.projects.needed(project)} if project else {}

    def ports(self, **query: Any) -> list[Thing]:
        """Ports but those that Neutron makes by itself."""
        found = self.cloud.list("network", "/ports", "ports", query)
        return [
            port for port in found
            if port["device_owner"] not in OWN_PORTS and not self.leaving(port)
        ]  # fmt: skip


def counted(ports: list[Thing]) -> str:
    """Ports for a person: how many, and what the first one is of; "" for none."""
    if not ports:
        return ""
    first = ports[0]["device_owner"] or "no owner"
    return f"{len(ports)} port{'s' * (len(ports) > 1)}, the first {ports[0]['id']} ({first})"

"""Flavors with all of their extra specs, and who may use them.

Nova cannot change the size of a flavor: it is made anew, under the same name, while no server
has it. A flavor's id follows from site, name and size: what a cut run left is known again, and
making it a second time is a conflict.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ..cloud.api import Cloud, Thing
from ..cloud.given import Field, read
from ..cloud.kind import Kind, checks, reconcile
from ..cloud.marks import KEY, SPEC, Mark
from ..cloud.projects import Projects
from ..converge import Check, Plan

FIELDS = {
    "vcpus": Field(int), "ram": Field(int), "disk": Field(int), "extra_specs": Field(dict, {}),
    "projects": Field(list, []),
}  # fmt: skip
_SIZES = ("vcpus", "ram", "disk")
_PUBLIC = "os-flavor-access:is_public"
_NAMESPACE = uuid.UUID("6f3fd4c6-7a2b-5a4e-9d0c-51b5a4f3e2d1")


class Flavors(Kind[Thing]):
    """``access``: projects of each private flavor, by the flavor's id."""

    name = "flavor"
    fixed = (*_SIZES, "public")

    def __init__(self, cloud: Cloud, mark: Mark) -> None:
        super().__init__(cloud, mark)
        self.projects = Projects(cloud)
        self.access: dict[str, list[str]] = {}

    def own_id(self, name: str, thing: Thing) -> str:
        """The id that the kit gives a flavor of that size."""
        size = "/".join(str(thing[key]) for key in _SIZES)
        return str(uuid.uuid5(_NAMESPACE, f"{KEY}/{self.mark.site}/{name}/{size}"))

    def marked(self, thing: Thing) -> bool:
        by_id = thing["id"] == self.own_id(thing["name"], thing)
        return by_id or self.mark.on_specs(thing.get("extra_specs") or {})

    def wanted(self, name: str, want: Thing) -> Thing:
        projects = sorted(want.get("projects") or ())
        return {
            **{key: want[key] for key in _SIZES},
            "public": not projects,
            "extra_specs": dict(want.get("extra_specs") or {}),
            "projects": projects,
        }

    def shown(self, thing: Thing, wanted: Mapping[str, Any]) -> Thing:
        specs = thing.get("extra_specs") or {}
        allowed = self.access.get(thing["id"], ())
        return {
            **{key: thing[key] for key in _SIZES},
            "public": thing[_PUBLIC],
            "extra_specs": {k: v for k, v in specs.items() if k != SPEC},
            "projects": sorted(self.projects.name_of(each) for each in allowed),
        }

    def users(self, thing: Thing) -> str:
        query = {"all_tenants": "1", "flavor": thing["id"], "limit": "1"}
        found = self.cloud.list("compute", "/servers", "servers", query)
        return f"servers have it, such as {found[0]['name']}" if found else ""

    def create(self, name: str, want: Thing) -> None:
        wanted = self.wanted(name, want)
        own = self.own_id(name, wanted)
        values = {"id": own, "name": name, **{k: wanted[k] for k in _SIZES}}
        body = {"flavor": {**values, _PUBLIC: wanted["public"]}}
        self.cloud.create(
            "compute", "/flavors", body, lambda: self.cloud.get("compute", f"/flavors/{own}")
        )
        self._write(own, {**wanted["extra_specs"], SPEC: self.mark.site})
        self._allow(own, [], wanted["projects"])

    def change(self, name: str, want: Thing, thing: Thing, keys: Sequence[str]) -> None:
        wanted = self.wanted(name, want)
        now = thing.get("extra_specs") or {}
        if "extra_specs" in keys:
            stale = now.keys() - wanted["extra_specs"].keys() - {SPEC}
            for key in sorted(stale):
                self.cloud.delete("compute", f"/flavors/{thing['id']}/os-extra_specs/{key}")
            self._write(thing["id"], {**wanted["extra_specs"], SPEC: self.mark.site})
        if "projects" in keys:
            self._allow(thing["id"], self.shown(thing, {})["projects"], wanted["projects"])

    def _write(self, flavor: str, specs: Mapping[str, str]) -> None:
        self.cloud.change(
            "compute", "POST", f"/flavors/{flavor}/os-extra_specs", {"extra_specs": dict(specs)}
        )

    def _allow(self, flavor: str, now: Sequence[str], wanted: Sequence[str]) -> None:
        for action, names, others in (
            ("addTenantAccess", wanted, now), ("removeTenantAccess", now, wanted)
        ):  # fmt: skip
            for name in [each for each in names if each not in others]:
                project = self.projects.id_of(name) or name
                self.cloud.change(
                    "compute", "POST", f"/flavors/{flavor}/action", {action: {"tenant": project}},
                    settled=lambda p=project, a=action: self._settled(flavor, p, a),
                )  # fmt: skip

    def _settled(self, flavor: str, project: str, action: str) -> bool | None:
        return (project in self.allowed(flavor)) == (action == "addTenantAccess") or None

    def allowed(self, flavor: str) -> list[str]:
        """Ids of the projects that may use a private flavor."""
        found = self.cloud.get("compute", f"/flavors/{flavor}/os-flavor-access")
        return [each["tenant_id"] for each in (found or {}).get("flavor_access", ())]

    def take(self, thing: Thing) -> None:
        self._write(thing["id"], {SPEC: self.mark.site})

    def remove(self, thing: Thing) -> None:
        self.cloud.delete("compute", f"/flavors/{thing['id']}")


class CloudFlavors:
    """*flavors* by name: vcpus, ram (MiB), disk (GiB), extra_specs, projects."""

    name = "cloud_flavors"

    def __init__(
        self, cloud: Cloud, mark: Mark, flavors: Mapping[str, Thing], *, adopt: bool = False
    ) -> None:
        self.cloud, self.adopt = cloud, adopt
        self.wants = read("flavors", flavors, FIELDS)
        self.kind = Flavors(cloud, mark)

    def observe(self) -> dict[str, Any]:
        query = {"is_public": "None"}
        found = self.cloud.list("compute", "/flavors/detail", "flavors", query)
        asked = [
            f["id"] for f in found
            if not f[_PUBLIC] and (f["name"] in self.wants or self.kind.marked(f))
        ]  # fmt: skip
        access = dict(zip(asked, self.cloud.each(self.kind.allowed, asked), strict=True))
        return {"flavor": found, "access": access}

    def plan(self, seen: dict[str, Any]) -> Plan:
        self.kind.access = seen["access"]
        plan = Plan()
        removals = reconcile(self.kind, self.wants, seen["flavor"], plan, adopt=self.adopt)
        plan.steps += removals
        return plan

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        self.kind.access = seen["access"]
        return checks(self.kind, self.wants, seen["flavor"], "openstack flavor show {name}")

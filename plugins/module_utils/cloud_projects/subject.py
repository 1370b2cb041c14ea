"""Projects, the kit's own role in each, and quotas as one subject of converge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..cloud.api import Cloud, Thing
from ..cloud.given import Field, one, read
from ..cloud.kind import Kind, checks, reconcile
from ..cloud.marks import Mark
from ..cloud.projects import DOMAIN
from ..converge import Check, Plan, Step
from . import quotas

DEFAULT_GROUP = "default"
#: With these a project is in use: service, path, the list's name, the query's name for it.
_HOLDINGS = (
    ("compute", "/servers", "servers", {"all_tenants": "1", "limit": "1"}),
    ("network", "/ports", "ports", {}),
    ("network", "/networks", "networks", {}),
    ("network", "/routers", "routers", {}),
    ("network", "/security-groups", "security_groups", {}),
    ("network", "/floatingips", "floatingips", {}),
    ("block-storage", "/volumes", "volumes", {"all_tenants": "1", "limit": "1"}),
    ("image", "/images", "images", {"limit": "1"}),
)


class Projects(Kind[Thing]):
    """Projects of one domain."""

    name = "project"

    def wanted(self, name: str, want: Thing) -> Thing:
        return {"description": want.get("description") or "", "enabled": True}

    def users(self, thing: Thing) -> str:
        for service, path, key, query in _HOLDINGS:
            if self.cloud.has(service):
                whose = {"owner" if service == "image" else "project_id": thing["id"]}
                found = self.cloud.list(service, path, key, {**query, **whose})
                # each project has such a group by itself
                found = [each for each in found if each.get("name") != DEFAULT_GROUP]
                if found:
                    return f"it has {key}, such as {found[0].get('name') or found[0]['id']}"
        return ""

    def create(self, name: str, want: Thing) -> None:
        values = {"name": name, "domain_id": DOMAIN, "tags": [self.mark.tag]}
        body = {"project": {**values, **self.wanted(name, want)}}
        self.cloud.create("identity", "/projects", body, lambda: self._made(name))

    def _made(self, name: str) -> Thing | None:
        query = {"name": name, "domain_id": DOMAIN}
        found = self.cloud.list("identity", "/projects", "projects", query)
        return {"project": found[0]} if found else None

    def change(self, name: str, want: Thing, thing: Thing, keys: Sequence[str]) -> None:
        wanted = self.wanted(name, want)
        values = {"project": {key: wanted[key] for key in keys}}
        self.cloud.change("identity", "PATCH", f"/projects/{thing['id']}", values)

    def take(self, thing: Thing) -> None:
        self.cloud.change("identity", "PUT", f"/projects/{thing['id']}/tags/{self.mark.tag}")

    def remove(self, thing: Thing) -> None:
        # nobody else takes it away
        query = {"project_id": thing["id"], "name": DEFAULT_GROUP}
        for group in self.cloud.list("network", "/security-groups", "security_groups", query):
            self.cloud.delete("network", f"/security-groups/{group['id']}")
        self.cloud.delete("identity", f"/projects/{thing['id']}")


FIELDS = {"description": Field(str, ""), "quota": Field(dict, {})}
QUOTA = {key: Field(int, None) for keys in quotas.KEYS.values() for key in keys}


class CloudProjects:
    """*projects* by name: description and quota.

    own_roles  roles that the connection's user gets in each, to make servers in it.
    """

    name = "cloud_projects"

    def __init__(
        self, cloud: Cloud, mark: Mark, projects: Mapping[str, Thing], *,
        own_roles: Sequence[str] = (), adopt: bool = False,
    ) -> None:  # fmt: skip
        self.cloud, self.adopt = cloud, adopt
        self.wants = read("projects", projects, FIELDS)
        self.own_roles = own_roles
        self.kind = Projects(cloud, mark)
        self.quotas = {
            name: {k: v for k, v in quota.items() if v is not None}
            for name, want in self.wants.items()
            if (quota := one(f"projects.{name}.quota", want["quota"], QUOTA)) is not None
        }

    def observe(self) -> dict[str, Any]:
        query = {"domain_id": DOMAIN}
        found = self.cloud.list("identity", "/projects", "projects", query)
        ids = {p["name"]: p["id"] for p in found if p["name"] in self.wants}
        volumes = any("block-storage" in quotas.services(q) for q in self.quotas.values())
        if volumes and not self.cloud.has("block-storage"):
            raise ValueError("a quota of volumes is given, and the cloud has no block storage")
        asked = [name for name in ids if self.quotas[name]]
        read = self.cloud.each(
            lambda name: quotas.read(self.cloud, ids[name], self.quotas[name]), asked
        )
        return {
            "project": found,
            "ids": ids,
            "quotas": dict(zip(asked, read, strict=True)),
            "roles": self._roles_missing(ids),
        }

    def _roles_missing(self, ids: Mapping[str, str]) -> dict[str, list[str]]:
        """Own roles that the user has not, by project; None as id where there is no such role."""
        if not self.own_roles or not ids:
            return {}
        self.role_ids = self._role_ids()
        query = {"user.id": self.cloud.user_id, "include_names": "true"}
        given = self.cloud.list("identity", "/role_assignments", "role_assignments", query)
        have = {(g["scope"].get("project", {}).get("id"), g["role"]["name"]) for g in given}
        return {
            name: missing for name, project in ids.items()
            if (missing := [r for r in self.own_roles if (project, r) not in have])
        }  # fmt: skip

    def _role_ids(self) -> dict[str, str]:
        roles = self.cloud.list("identity", "/roles", "roles")
        known = {role["name"]: role["id"] for role in roles}
        for role in self.own_roles:
            if role not in known:
                raise ValueError(f"the cloud has no role {role!r}")
        return known

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        removals = reconcile(self.kind, self.wants, seen["project"], plan, adopt=self.adopt)
        refused = {n for n in self.wants for r in plan.refusals if f"project {n} " in r.message}
        for name in [n for n in self.wants if n not in refused]:
            new = name not in seen["ids"]
            if self.own_roles and (new or name in seen["roles"]):
                missing = list(self.own_roles) if new else seen["roles"][name]
                plan.steps.append(
                    Step(f"role:{name}", "the kit's own user makes servers in it",
                         lambda n=name, m=missing: self._give(n, m), before=None,
                         after={"roles": missing})
                )  # fmt: skip
            have = seen["quotas"].get(name, {})
            differing = {k: v for k, v in self.quotas[name].items() if have.get(k) != v}
            if differing:
                plan.steps.append(
                    Step(f"quota:{name}", "differs" if have else "is not set",
                         lambda n=name, d=differing: self._set(n, d),
                         before={k: have[k] for k in differing} if have else None, after=differing)
                )  # fmt: skip
        plan.steps.sort(key=lambda s: ("project", "role", "quota").index(s.name.partition(":")[0]))
        plan.steps += removals
        return plan

    def _id(self, name: str) -> str:
        made = self.kind._made(name)
        if made is None:
            raise RuntimeError(f"project {name} is not there")
        return str(made["project"]["id"])

    def _give(self, name: str, roles: Sequence[str]) -> None:
        ids = getattr(self, "role_ids", None) or self._role_ids()
        for role in roles:
            path = f"/projects/{self._id(name)}/users/{self.cloud.user_id}/roles/{ids[role]}"
            self.cloud.change("identity", "PUT", path)

    def _set(self, name: str, values: Thing) -> None:
        quotas.write(self.cloud, self._id(name), values)

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        look = "openstack project show {name}"
        found = checks(self.kind, self.wants, seen["project"], look)
        for name, quota in self.quotas.items():
            if quota:
                have = seen["quotas"].get(name, {})
                found.append(
                    Check(f"quota of {name}", have == quota, quota, have, step=f"quota:{name}",
                          look=f"openstack quota show {name}")
                )  # fmt: skip
        return found

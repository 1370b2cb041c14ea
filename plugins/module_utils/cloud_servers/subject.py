"""Sets of servers as a subject of converge.

Made and kept side by side; what needs a new server is listed, and with ``replace`` is done one
after the other, each ACTIVE before the next one goes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..cloud.api import Cloud, Thing
from ..cloud.marks import Mark
from ..converge import Check, Clock, Plan, Refusal, Step
from .api import IMAGE, Compute, why
from .compare import anew, own_ports, port_changes
from .make import Maker
from .spec import ServerSpec, ServersSpec, SetSpec

CLOCK = Clock()


class CloudServers:
    """Servers of one site.

    replace  replace what cannot be changed in place, else list it.
    remove   remove all servers of a set that the model no longer names, else list them.
    """

    name = "cloud_servers"

    def __init__(
        self, cloud: Cloud, mark: Mark, spec: ServersSpec, *, replace: bool = False,
        remove: bool = False, clock: Clock = CLOCK,
    ) -> None:  # fmt: skip
        self.compute = Compute(cloud, mark, clock)
        self.maker = Maker(self.compute, mark)
        self.mark, self.spec, self.replace, self.remove = mark, spec, replace, remove

    def observe(self) -> dict[str, Any]:
        named = self.compute.named
        projects = sorted({each.project for each in self.spec.sets})
        seen: dict[str, Any] = {
            "networks": {n: t["id"] for n, t in named("network", "/networks", "networks").items()},
            "images": {n: t["id"] for n, t in named("image", "/images", "images").items()},
            "flavors": {n: t["id"] for n, t in named("compute", "/flavors", "flavors").items()},
            "servers": {}, "ports": {}, "groups": {},
        }  # fmt: skip
        servers = self.compute.marked()
        for project in projects:
            servers += self.compute.servers(project)
            for port in self.compute.ports(project):
                # of two of one name the one in use
                known = seen["ports"].get(port["name"])
                if known is None or (port["device_id"] and not known["device_id"]):
                    seen["ports"][port["name"]] = port
            for group in self.compute.groups(project):
                seen["groups"][f"{project}/{group['name']}"] = group
        for server in servers:
            seen["servers"].setdefault(server["name"], server)
        return seen

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan, wanted = Plan(), self.spec.servers()
        for each in self.spec.sets:
            self._group(each, seen, plan)
        replaced: list[tuple[ServerSpec, Thing, dict[str, tuple[Any, Any]]]] = []
        for server in wanted.values():
            found = seen["servers"].get(server.name)
            if found is None:
                self._add(server, seen, plan, None)
            elif not self.mark.on_tags(found):
                plan.refusals.append(
                    Refusal(f"server {server.name}", "is another's of that name",
                            "Take another name for the set, or remove that server")
                )  # fmt: skip
            elif found["status"] == "ERROR" and not found.get("OS-SRV-USG:launched_at"):
                self._add(server, seen, plan, found)
            else:
                self._kept(server, found, seen, plan, replaced)
        for number, (server, found, wrong) in enumerate(replaced, 1):
            self._replaced(number, len(replaced), server, found, wrong, seen, plan)
        self._removed(wanted, seen, plan)
        return plan

    def _group(self, each: SetSpec, seen: dict[str, Any], plan: Plan) -> None:
        if each.group and each.count and f"{each.project}/{each.group}" not in seen["groups"]:
            plan.steps.append(
                Step(f"server group:{each.project}/{each.group}", "is not there",
                     lambda: self.compute.make_group(each), before=None,
                     after={"policy": each.policy})
            )  # fmt: skip

    def _add(
        self, server: ServerSpec, seen: dict[str, Any], plan: Plan, failed: Thing | None
    ) -> None:
        spec = server.set
        shown = {
            "project": spec.project, "flavor": spec.flavor, "image": spec.image,
            "ports": [f"{p.network} ({'direct' if p.direct else 'normal'})" for p in spec.ports],
        }  # fmt: skip
        plan.steps.append(
            Step(f"server:{server.name}", "is not there" if failed is None else "never came alive",
                 lambda: self.maker.make(server, failed, seen),
                 before=failed and {"status": f"ERROR: {why(failed, spec.flavor)}"}, after=shown)
        )  # fmt: skip

    def _kept(
        self,
        server: ServerSpec,
        found: Thing,
        seen: dict[str, Any],
        plan: Plan,
        replaced: list[Any],
    ) -> None:
        spec, ports = server.set, own_ports(server, seen["ports"])
        if found["status"] == "BUILD":
            plan.steps.append(
                Step(f"server:{server.name}", "is being built",
                     lambda: self.compute.wait_active(found["id"], server),
                     before={"status": "BUILD"}, after={"status": "ACTIVE"})
            )  # fmt: skip
            return
        if found["status"] != "ACTIVE":
            plan.left.append(f"server {server.name}: is {found['status']}")
        group = seen["groups"].get(f"{spec.project}/{spec.group}", {})
        wrong = anew(server, found, ports, seen, group.get("members", []))
        if wrong:
            if self.replace:
                replaced.append((server, found, wrong))
            else:
                what = ", ".join(wrong)
                plan.left.append(
                    f"server {server.name}: {what}: a new server with cloud_servers_replace: true"
                )
        names = spec.security_groups
        groups = self.maker.groups_of(spec) if names else []
        for place, port in enumerate(ports):
            changes = port_changes(spec, place, port, groups) if port else {}
            if port and changes and f"port {port['name']}" not in wrong:
                plan.steps.append(
                    Step(f"port:{port['name']}", f"differs in {', '.join(changes)}",
                         lambda p=port, c=changes: self.compute.change_port(p, c),
                         before={key: port.get(key) for key in changes}, after=changes)
                )  # fmt: skip

    def _replaced(
        self, number: int, of: int, server: ServerSpec, found: Thing,
        wrong: dict[str, tuple[Any, Any]], seen: dict[str, Any], plan: Plan,
    ) -> None:  # fmt: skip
        # a kind of its own for each, so that they are not done side by side
        plan.steps.append(
            Step(f"replace {number} of {of}:{server.name}", "cannot be changed in place",
                 lambda: self.maker.make(server, found, seen),
                 before={key: is_ for key, (is_, _) in wrong.items()},
                 after={key: wanted for key, (_, wanted) in wrong.items()},
                 disrupts=f"server:{server.name}")
        )  # fmt: skip

    def _removed(self, wanted: dict[str, ServerSpec], seen: dict[str, Any], plan: Plan) -> None:
        sets = {each.name for each in self.spec.sets}
        for name, server in sorted(seen["servers"].items()):
            if name in wanted:
                continue
            of_set = re.fullmatch(r".+-\d+", name) and name.rpartition("-")[0] in sets
            mine = self.mark.on_tags(server) and (server.get("metadata") or {}).get(IMAGE)
            if not mine:
                if of_set:
                    plan.left.append(
                        f"server {name}: has a set's name, but the kit did not make it"
                    )
                continue
            if not of_set and not self.remove:
                plan.left.append(
                    f"server {name}: the model no longer names its set; removed with "
                    "cloud_servers_remove: true"
                )
                continue
            plan.steps.append(
                Step(f"server:{name}:delete", "the model no longer names it",
                     lambda s=server: self.maker.delete(s), before=server["status"], after=None)
            )  # fmt: skip
        used = {
            server.port_name(p) for server in wanted.values() for p in range(len(server.set.ports))
        }
        for name, port in sorted(seen["ports"].items()):
            idle = not port["device_id"] and self.mark.on_tags(port) and name not in used
            if idle and re.fullmatch(r".+-\d+-\d+-.+", name):
                plan.steps.append(
                    Step(f"port:{name}:delete", "of no server",
                         lambda p=port: self.compute.delete_port(p), before=name, after=None)
                )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> Sequence[Check]:
        checks = []
        for server in self.spec.servers().values():
            found = seen["servers"].get(server.name)
            got = found["status"] if found else "is not there"
            checks.append(
                Check(f"server {server.name}", got == "ACTIVE", "ACTIVE", got, step="servers",
                      look=f"openstack server show {server.name}")
            )  # fmt: skip
        return checks


def addresses(spec: ServersSpec, seen: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Server → network → its first fixed address, for the module's answer."""
    found: dict[str, dict[str, str]] = {}
    for server in spec.servers().values():
        found[server.name] = {}
        for place, port in enumerate(server.set.ports):
            known = seen["ports"].get(server.port_name(place))
            fixed = (known or {}).get("fixed_ips") or []
            if fixed:
                found[server.name].setdefault(port.network, fixed[0]["ip_address"])
    return found

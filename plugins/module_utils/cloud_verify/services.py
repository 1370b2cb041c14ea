"""Agents and conductors, quotas beside use, bare-metal nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..cloud.api import Cloud, Thing
from ..cloud.errors import CloudError
from ..cloud.projects import Projects
from ..cloud_nodes.ironic import Ironic
from ..cloud_nodes.states import kept_away
from ..verify.findings import Findings

Of = Callable[[str], Findings]

#: The model's name of a quota → Neutron's; others are Nova's by the same name.
_NEUTRON = {"networks": "network", "subnets": "subnet", "ports": "port", "routers": "router",
            "floating_ips": "floatingip", "security_groups": "security_group",
            "security_group_rules": "security_group_rule"}  # fmt: skip
_NOVA = ("instances", "cores", "ram", "server_groups")


def agents(cloud: Cloud, of: Of, source: str) -> None:
    """Each agent is up; those of the model's hosts are on their rows, others on the cloud's."""
    for name, host, problem in _agents(cloud):
        of(host).check(
            f"agent: {name}" + ("" if same_host(of(host).host, host) else f" on {host}"),
            not problem, "up", problem or "up", source=source, step="cloud:agents",
            look=f"its service and log on {host}",
        )  # fmt: skip


def _agents(cloud: Cloud) -> Iterator[tuple[str, str, str]]:
    """(name, host, what is wrong)."""
    for each in cloud.list("compute", "/os-services", "services"):
        down = "" if each["state"] == "up" else each["state"]
        off = each.get("disabled_reason") or "disabled" if each["status"] != "enabled" else ""
        yield each["binary"], each["host"], down or off
    for each in cloud.list("network", "/agents", "agents"):
        down = "" if each["alive"] else "not alive"
        yield each["binary"], each["host"], down or ("" if each["admin_state_up"] else "disabled")
    if cloud.has("baremetal"):
        for each in _conductors(cloud):
            yield "ironic-conductor", each["hostname"], "" if each["alive"] else "not alive"


def _conductors(cloud: Cloud) -> list[Thing]:
    """None where the user is no administrator of the system: only those are told."""
    try:
        return cloud.list("baremetal", "/conductors", "conductors")
    except CloudError as error:
        if error.status != 403:
            raise
        return []


def quotas(
    cloud: Cloud, wanted: Mapping[str, Mapping[str, int]], into: Findings, source: str
) -> None:
    """The limit is the model's, and use is below it."""
    projects = Projects(cloud)
    for name, limits in wanted.items():
        project = projects.id_of(name)
        if project is None:
            into.check(f"quota: {name}", False, "a project", "is not there", source=source,
                       step="cloud:quota", look="playbooks/cloud.yml --tags projects")  # fmt: skip
            continue
        used = _used(cloud, project)
        for what, limit in limits.items():
            if what not in used:
                into.skip(f"quota: {name}: {what}", "its service tells no use")
                continue
            has, use = used[what]
            into.check(
                f"quota: {name}: {what}", has == limit and (limit < 0 or use <= limit),
                f"at most {_amount(limit)}", f"{use} of {_amount(has)} in use",
                source=source, step="cloud:quota", look=f"openstack quota show --usage {name}",
            )  # fmt: skip


def _used(cloud: Cloud, project: str) -> dict[str, tuple[int, int]]:
    """What → (limit, use)."""
    nova = cloud.call("compute", "GET", f"/os-quota-sets/{project}/detail")["quota_set"]
    found = {k: (nova[k]["limit"], nova[k]["in_use"]) for k in _NOVA if k in nova}
    neutron = cloud.get("network", f"/quotas/{project}/details.json")
    details = (neutron or {}).get("quota", {})
    return found | {
        ours: (details[theirs]["limit"], details[theirs]["used"])
        for ours, theirs in _NEUTRON.items()
        if theirs in details
    }


def _amount(limit: int) -> str:
    return "any" if limit < 0 else str(limit)


def nodes(cloud: Cloud, wanted: Mapping[str, str], into: Findings, source: str) -> None:
    """Each node is in its state, or has a server."""
    if not wanted:
        return
    seen = Ironic(cloud).states()
    for name, state in wanted.items():
        got = _state(seen.get(name))
        used = got.startswith("is in use")
        into.check(
            f"node: {name}", used or got == state, f"{state}, or in use", got, source=source,
            step="cloud:nodes", look=f"openstack baremetal node show {name}",
        )  # fmt: skip


def _state(node: Mapping[str, Any] | None) -> str:
    if node is None:
        return "is not enrolled"
    away = kept_away(node)
    state = str(node["provision_state"])
    said = " ".join(str(node.get("last_error") or "").split())
    return away or (f"{state}: {said}" if said and state.endswith("failed") else state)


def same_host(one: str, other: str) -> bool:
    """Host names, one of which may have a domain."""
    short = one.partition(".")[0] == other.partition(".")[0]
    return one == other or (short and ("." not in one or "." not in other))

"""Networks, subnets, security groups and routers as one subject of converge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..cloud.api import Cloud, Thing
from ..cloud.given import Field, one, read
from ..cloud.kind import ANEW, checks, reconcile
from ..cloud.marks import Mark
from ..cloud.projects import Projects
from ..converge import Check, Plan
from .networks import Networks, Subnets
from .routers import INTERFACES, Routers
from .security_groups import SecurityGroups, described, expanded

NETWORK = {
    "provider_network_type": Field(str), "provider_physical_network": Field(str),
    "provider_segmentation_id": Field(int, None), "mtu": Field(int), "external": Field(bool, False),
    "shared": Field(bool, False), "port_security_enabled": Field(bool, True),
    "project": Field(str, None), "subnet": Field(dict, None),
}  # fmt: skip
SUBNET = {
    "cidr": Field(str), "gateway_ip": Field(str, None), "enable_dhcp": Field(bool, True),
    "dns_nameservers": Field(list, []), "allocation_pools": Field(list, []),
}  # fmt: skip
ROUTER = {
    "project": Field(str, None), "external_network": Field(str, None), "networks": Field(list, []),
}  # fmt: skip
GROUP = {"project": Field(str, None), "description": Field(str, ""), "rules": Field(list, [])}
RULE = {
    "direction": Field(str, "ingress"), "ethertype": Field(str, None), "protocol": Field(str, None),
    "ports": Field(str, None), "cidr": Field(str, None), "group": Field(str, None),
}  # fmt: skip
#: What a group has if the model says nothing of what goes out; as Neutron's own default.
OUTWARD = [{"direction": "egress"}]


class CloudNetworks:
    """*networks*, *routers*, *security_groups* by name, as the module takes them."""

    name = "cloud_networks"

    def __init__(
        self, cloud: Cloud, mark: Mark, networks: Mapping[str, Thing],
        routers: Mapping[str, Thing], security_groups: Mapping[str, Thing], *, adopt: bool = False,
    ) -> None:  # fmt: skip
        self.cloud, self.adopt = cloud, adopt
        self.wants = read("networks", networks, NETWORK)
        self.routers_wanted = read("routers", routers, ROUTER)
        self.groups_wanted = {
            name: _whole(name, group)
            for name, group in read("security_groups", security_groups, GROUP).items()
        }
        self.subnets_wanted = {
            name: one(f"networks.{name}.subnet", want["subnet"], SUBNET)
            for name, want in self.wants.items() if want["subnet"]
        }  # fmt: skip
        projects = Projects(cloud)
        self.networks = Networks(cloud, mark, projects)
        self.subnets = Subnets(self.networks)
        self.groups = SecurityGroups(cloud, mark, projects)
        self.routers = Routers(self.networks)

    def observe(self) -> dict[str, Any]:
        l3 = "router" in self.cloud.extensions()
        if self.routers_wanted and not l3:
            raise ValueError("the cloud has no routers: its Neutron has no service plugin for them")
        kinds = [self.networks, self.subnets, self.groups, *([self.routers] if l3 else [])]
        found = dict(zip([k.name for k in kinds], self.cloud.each(lambda k: k.list(), kinds),
                         strict=True))  # fmt: skip
        query = {"device_owner": list(INTERFACES)}
        ports = self.cloud.list("network", "/ports", "ports", query) if found.get("router") else []
        return {"router": [], **found, "interfaces": ports}

    def plan(self, seen: dict[str, Any]) -> Plan:
        self._note(seen)
        plan, last = Plan(), Plan()
        # first, as a network may go with the router that is on it
        routers = reconcile(
            self.routers, self.routers_wanted, seen["router"], last, adopt=self.adopt
        )
        steps = reconcile(self.networks, self.wants, seen["network"], plan, adopt=self.adopt)
        # with its network a subnet goes
        anew = {s.name.partition(":")[2] for s in plan.steps if s.why.startswith(ANEW)}
        on = {self.networks.ids[n] for n in self.wants.keys() - anew if n in self.networks.ids}
        subnets = [s for s in seen["subnet"] if s["network_id"] in on]
        kept = {n: w for n, w in self.subnets_wanted.items() if not self._unknown(n, plan)}
        removals = [reconcile(self.subnets, kept, subnets, plan, adopt=self.adopt), steps]
        groups = reconcile(
            self.groups, self.groups_wanted, seen["security_group"], plan, adopt=self.adopt
        )
        self.groups.plan_rules(self.groups_wanted, seen["security_group"], plan)
        plan.refusals += last.refusals
        plan.left += last.left
        plan.steps += last.steps
        for each in (routers, *removals, groups):
            plan.steps += each
        return plan

    def _note(self, seen: dict[str, Any]) -> None:
        self.networks.seen(seen["network"], self.wants)
        self.groups.seen(seen["security_group"], self.groups_wanted)
        self.routers.seen(seen["router"], self.routers_wanted)
        self.routers.interfaces, self.routers.wants = seen["interfaces"], self.routers_wanted
        self.routers.doomed.clear()

    def _unknown(self, name: str, plan: Plan) -> bool:
        """Whether the network is refused, so that of its subnet nothing can be said."""
        return any(f"network {name} " in refusal.message for refusal in plan.refusals)

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        self._note(seen)
        look = "openstack {} show {{name}}"
        found: list[Check] = []
        for kind, wants in (
            (self.networks, self.wants), (self.subnets, self.subnets_wanted),
            (self.groups, self.groups_wanted), (self.routers, self.routers_wanted),
        ):  # fmt: skip
            words = look.format(kind.name.replace("_", " "))
            found += checks(kind, wants, seen[kind.name], words)
        plan = Plan()
        self.groups.plan_rules(self.groups_wanted, seen["security_group"], plan)
        differ = [step.name.partition(":")[2] for step in plan.steps]
        found += [
            Check(f"rules of {name}", name not in differ, "as the model says",
                  "differ" if name in differ else "as the model says", step=f"rules:{name}",
                  look=f"openstack security group rule list {name}")
            for name in self.groups_wanted
        ]  # fmt: skip
        return found


def _whole(name: str, group: Thing) -> Thing:
    """A group with every rule that it is to have, each once."""
    rules: Sequence[Thing] = [
        one(f"security_groups.{name}.rules[{number}]", rule, RULE)
        for number, rule in enumerate(group["rules"])
    ]
    if not any(rule["direction"] == "egress" for rule in rules):
        rules = [*rules, *OUTWARD]
    return {**group, "rules": list({described(r): r for r in expanded(rules)}.values())}

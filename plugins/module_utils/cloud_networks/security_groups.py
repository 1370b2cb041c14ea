"""Security groups, and the rules of each as a set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..cloud.api import Thing
from ..cloud.neutron import NeutronKind, counted
from ..converge import Plan, Step

_ANY = (None, "", "0.0.0.0/0", "::/0")


class SecurityGroups(NeutronKind):
    """The groups themselves; rules come when all groups are there, as they may name each other."""

    name, path, one = "security_group", "/security-groups", "security_group"
    fixed = ("project",)

    def wanted(self, name: str, want: Thing) -> Thing:
        return {"description": want.get("description") or "", "project": want.get("project")}

    def shown(self, thing: Thing, wanted: Mapping[str, Any]) -> Thing:
        text = thing.get("description") or ""
        return {
            "description": "" if text == self.mark.tag else text, "project": self.owner(thing),
        }  # fmt: skip

    def users(self, thing: Thing) -> str:
        ports = self.ports(project_id=thing["project_id"])
        return counted([p for p in ports if thing["id"] in (p.get("security_groups") or ())])

    def create(self, name: str, want: Thing) -> None:
        made = self.post({"name": name, **self.own_project(want)})
        self.ids[name], self.names[made["id"]] = made["id"], name
        if self.wanted(name, want)["description"]:
            self.change(name, want, made, ["description"])

    def change(self, name: str, want: Thing, thing: Thing, keys: Sequence[str]) -> None:
        self.put(thing, {"description": self.wanted(name, want)["description"]})

    # rules

    def plan_rules(self, wants: Mapping[str, Thing], found: Sequence[Thing], plan: Plan) -> None:
        """A step for each group whose rules are not the model's."""
        live = {thing["id"]: thing for thing in found}
        for name, want in wants.items():
            wanted = sorted(map(described, want.get("rules") or ()))
            group = live.get(self.ids.get(name, ""))
            rules = group["security_group_rules"] if group else ()
            shown = sorted(described(self.read(rule)) for rule in rules)
            if group and shown == wanted:
                continue
            more = [each for each in shown if each not in wanted]
            less = [each for each in wanted if each not in shown]
            plan.steps.append(
                Step(f"rules:{name}", "the set of rules differs" if group else "is not there",
                     lambda n=name, w=want: self.set_rules(n, w),
                     before={"rules": more} if group else None, after={"rules": less})
            )  # fmt: skip

    def read(self, rule: Thing) -> Thing:
        """One of Neutron's rules in the model's form."""
        low, high = rule.get("port_range_min"), rule.get("port_range_max")
        remote = rule.get("remote_group_id")
        return {
            "direction": rule["direction"],
            "ethertype": rule["ethertype"],
            "protocol": rule.get("protocol"),
            "ports": None if low is None else str(low) if low == high else f"{low}-{high}",
            "cidr": rule.get("remote_ip_prefix"),
            "group": self.names.get(remote, remote) or rule.get("remote_address_group_id"),
        }

    def set_rules(self, name: str, want: Thing) -> None:
        """Delete what is too much, make what is missing."""
        group_id = self.ids[name]
        wanted = {described(rule): rule for rule in want.get("rules") or ()}
        live: dict[str, str] = {}
        for rule in self._live(group_id):
            text = described(self.read(rule))
            if text in wanted and text not in live:
                live[text] = rule["id"]
            else:
                self.cloud.delete("network", f"/security-group-rules/{rule['id']}")
        for text in [each for each in wanted if each not in live]:
            body = {"security_group_rule": self._body(group_id, wanted[text])}
            self.cloud.create(
                "network", "/security-group-rules", body, lambda t=text: self._there(group_id, t)
            )

    def _live(self, group_id: str) -> list[Thing]:
        found = self.cloud.get("network", f"/security-groups/{group_id}")
        rules: list[Thing] = found["security_group"]["security_group_rules"] if found else []
        return rules

    def _there(self, group_id: str, text: str) -> Thing | None:
        rules = [r for r in self._live(group_id) if described(self.read(r)) == text]
        return {"security_group_rule": rules[0]} if rules else None

    def _body(self, group_id: str, rule: Thing) -> Thing:
        low, _, high = (rule.get("ports") or "").partition("-")
        values = {
            "security_group_id": group_id,
            "direction": rule["direction"],
            "ethertype": rule["ethertype"],
            "protocol": rule.get("protocol"),
            "port_range_min": int(low) if low else None,
            "port_range_max": int(high or low) if low else None,
            "remote_ip_prefix": rule.get("cidr"),
            "remote_group_id": self.ids[rule["group"]] if rule.get("group") else None,
        }
        return {key: value for key, value in values.items() if value is not None}


def described(rule: Mapping[str, Any]) -> str:
    """A rule as one line; two rules that mean the same have the same line."""
    cidr = rule.get("cidr")
    remote = f"group {rule['group']}" if rule.get("group") else "any" if cidr in _ANY else cidr
    side = "from" if rule["direction"] == "ingress" else "to"
    words = (
        rule["direction"], rule["ethertype"], rule.get("protocol") or "any",
        rule.get("ports") or "all", side, str(remote),
    )  # fmt: skip
    return " ".join(words)


def expanded(rules: Sequence[Thing]) -> Iterator[Thing]:
    """Rules with an ethertype each: of both where neither the rule nor its address says which.

    ICMP has a name of its own in IPv6.
    """
    for rule in rules:
        cidr, protocol = rule.get("cidr"), rule.get("protocol")
        for ethertype in ("IPv4", "IPv6"):
            if (rule.get("ethertype") or ethertype) != ethertype:
                continue
            if cidr and (":" in cidr) != (ethertype == "IPv6"):
                continue
            if protocol == "ipv6-icmp" and ethertype == "IPv4":
                continue
            own = "ipv6-icmp" if protocol == "icmp" and ethertype == "IPv6" else protocol
            yield {**rule, "ethertype": ethertype, "protocol": own}

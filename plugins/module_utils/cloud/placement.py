"""What a flavor asks Placement for, who could give it, and which bare-metal nodes should."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .api import Cloud, Thing
from .errors import CloudError

#: What a flavor's size asks for, unless its extra specs say otherwise.
_SIZE = {"VCPU": "vcpus", "MEMORY_MB": "memory", "DISK_GB": "disk"}


@dataclass(frozen=True)
class Flavor:
    """memory in MiB, disk in GiB; specs: Nova's extra specs."""

    vcpus: int
    memory: int
    disk: int
    specs: Mapping[str, str]

    @classmethod
    def of(cls, thing: Thing) -> Flavor:
        """From Nova's own, of a microversion that shows extra specs."""
        return cls(thing["vcpus"], thing["ram"], thing["disk"], thing.get("extra_specs") or {})

    @property
    def whole(self) -> str:
        """The resource class of the node that it is all of, "" for a part of a host."""
        for spec, amount in self.specs.items():
            one = spec.startswith("resources:CUSTOM_") and amount == "1"
            if one and self.specs.get("resources:VCPU") == "0":
                return spec.partition(":")[2]
        return ""


def query(flavor: Flavor) -> tuple[dict[str, int], list[str]]:
    """Resources and required traits, as Nova asks Placement for them."""
    found = {kind: int(getattr(flavor, name)) for kind, name in _SIZE.items()}
    if flavor.specs.get("hw:cpu_policy") == "dedicated":
        found["PCPU"] = found.pop("VCPU")
    traits = []
    for spec, value in flavor.specs.items():
        scope, _, name = spec.partition(":")
        if scope == "resources":
            found[name] = int(value)
        elif scope == "trait" and value == "required":
            traits.append(name)
    return {kind: amount for kind, amount in found.items() if amount}, sorted(traits)


def candidates(cloud: Cloud, flavor: Flavor) -> set[str]:
    """UUIDs of providers that could take it now."""
    resources, traits = query(flavor)
    asked = {"resources": ",".join(f"{k}:{v}" for k, v in sorted(resources.items()))}
    if traits:
        asked["required"] = ",".join(traits)
    try:
        found = cloud.call("placement", "GET", "/allocation_candidates", query=asked)
    except CloudError as error:
        if error.status != 400:  # a class or a trait that nobody has ever had
            raise
        return set()
    return {uuid for each in found["allocation_requests"] for uuid in each["allocations"]}


def fitting(nodes: Iterable[Thing], flavor: Flavor) -> dict[str, Thing]:
    """By UUID Ironic's nodes of a whole-server flavor's class, with its traits."""
    traits = set(query(flavor)[1])
    return {
        node["uuid"]: node
        for node in nodes
        if _class_of(node) == flavor.whole and traits <= set(node["traits"])
    }


def _class_of(node: Thing) -> str:
    """As Placement has it."""
    kind = "".join(c if c.isalnum() else "_" for c in (node["resource_class"] or "").upper())
    return f"CUSTOM_{kind.removeprefix('CUSTOM_')}"


def is_free(node: Thing) -> bool:
    """A node that Nova may give away."""
    return (
        node["provision_state"] == "available" and not node["maintenance"]
        and not node["instance_uuid"] and node["power_state"] is not None
    )  # fmt: skip

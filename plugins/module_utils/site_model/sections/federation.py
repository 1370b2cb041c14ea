"""``site_federation``: peers, and links by which sites lend each other capacity.

Each site writes its own: what it lends as target, what it asks for as source.
"""

from __future__ import annotations

from typing import Literal

from .base import Part, key
from .scalars import Endpoint, Fingerprint, Label, Quantity


class Peer(Part):
    """Another site, under its own administration."""

    organisation: str = key("Who runs it.", min_length=1)
    contact: str = key("Where its operators are reached.", min_length=3)
    fingerprint: Fingerprint | None = key(
        "Of the key that signs its offers and requests; unset: not exchanged yet.", None
    )


class Budget(Part):
    """What a source may use in a target at the same time; unset: not limited by this link."""

    pods: int = key("Pods.", ge=0)
    cpu: Quantity | None = key("Requested processors, in quotes.", None)
    memory: Quantity | None = key("Requested memory.", None)
    gpus: int | None = key("Requested GPUs.", None, ge=0)
    storage: Quantity | None = key("Requested volume storage.", None)


class Link(Part):
    """A directed link: pods of *source* may run in *target*."""

    source: Label = key("Site that sends pods.")
    target: Label = key("Site that runs them; the same as source for bursting.")
    cluster: str = key("This site's cluster at its end.")
    namespaces: list[Label] = key("Namespaces that take part.", min_length=1)
    budget: Budget = key("What may be used.")
    shares: dict[Label, Budget] = key(
        "In the target: a namespace's part of the budget; none written: even parts.", {}
    )
    claims: dict[Label, Budget] = key(
        "In the source: what a namespace may claim of all its links, its pods at home included.", {}
    )
    priority: int = key("Highest priority of its pods in the target.", 0, ge=-(10**9), le=10**9)
    credential: Literal["jwt", "token"] = key(
        "jwt: the target trusts the source's issuer; token: it sends bound tokens, rotated.", "jwt"
    )
    token_lifetime: int = key("Of a token.", 3600, unit="s", ge=600, le=86400)
    pod_security: Literal["restricted", "baseline", "privileged"] = key(
        "Pod Security level in the target.", "restricted"
    )
    gpu_resource: str = key("Resource that counts as GPU.", "nvidia.com/gpu")
    fabrics: list[str] = key(
        "In the target: fabrics of the cluster that its pods may ask for, with their RDMA.", []
    )
    owners: dict[Label, str] = key(
        "In the source: group that may itself switch a namespace's federation on and off; "
        "unset: the kit switches it on.",
        {},
    )


class Federation(Part):
    """Whom the site is linked with."""

    peers: dict[Label, Peer] = key("Other sites by name.", {})
    links: dict[Label, Link] = key("Links by name, the same name on both sides.", {})
    addresses: dict[Label, Endpoint] = key(
        "Where peers reach the API server of a cluster; unset: its control plane, port 6443.", {}
    )
    administrators: str = key(
        "Group that may change links in a cluster, beside its own administrators.",
        "slipway:federation-administrators",
    )

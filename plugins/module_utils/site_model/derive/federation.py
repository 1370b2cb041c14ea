"""What follows from a federation link: quotas on both sides, and the terms to agree on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..quantity import even_parts
from ..sections.clusters import Cluster
from ..sections.fabrics import Fabric
from ..sections.federation import Budget, Federation, Link


def link_quota(link: Link) -> dict[str, str]:
    """``hard`` of a ResourceQuota that keeps to the link's budget, the same on both sides.

    The target keeps it for the link's namespaces, the source for what its users ask of it.
    """
    return _hard(link.budget, link.gpu_resource)


def _hard(budget: Budget, gpu_resource: str) -> dict[str, str]:
    gpu = f"requests.{gpu_resource}"
    amounts = {
        "pods": budget.pods,
        "requests.cpu": budget.cpu,
        "requests.memory": budget.memory,
        gpu: budget.gpus,
        "requests.storage": budget.storage,
    }
    return {name: str(amount) for name, amount in amounts.items() if amount is not None}


def link_terms(link: Link) -> dict[str, Any]:
    """A link as both administrators read it in an offer or a request; no secret."""
    return {
        "source": link.source,
        "target": link.target,
        "namespaces": list(link.namespaces),
        "budget": link.budget.model_dump(exclude_none=True),
        "priority": link.priority,
        "pod_security": link.pod_security,
        "credential": link.credential,
        "token_lifetime": link.token_lifetime,
    }


def namespace_quotas(link: Link) -> dict[str, dict[str, str]]:
    """``hard`` of each namespace in the target: its share, else an even part of the budget."""
    if link.shares:
        return {name: _hard(share, link.gpu_resource) for name, share in link.shares.items()}
    count, whole = len(link.namespaces), link_quota(link)
    parts = {what: even_parts(amount, count) for what, amount in whole.items()}
    return {
        name: {what: part[number] for what, part in parts.items()}
        for number, name in enumerate(link.namespaces)
    }


def federation_links(federation: Federation) -> list[dict[str, Any]]:
    """All links: ``link_terms``, and name, cluster, quotas by namespace, owners, fabrics."""
    return [
        {
            "name": name,
            "cluster": link.cluster,
            **link_terms(link),
            "quotas": namespace_quotas(link),
            "claim_quotas": {n: _hard(c, link.gpu_resource) for n, c in link.claims.items()},
            "owners": dict(link.owners),
            "fabrics": list(link.fabrics),
        }
        for name, link in federation.links.items()
    ]


def inside_networks(cluster: Cluster, fabrics: Mapping[str, Fabric]) -> list[str]:
    """Networks that pods of peers must not reach: the site's fabrics, and the cluster's own."""
    own = [str(cluster.pod_subnet), str(cluster.service_subnet)]
    return own + [str(fabric.subnet) for fabric in fabrics.values() if fabric.subnet]


def exchange_terms(
    site: str, federation: Federation, clusters: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """What ``federation_exchange`` takes of the model.

    *clusters*: facts of this site's clusters, ``{name: {api, ca, issuer}}``; api and ca are ""
    where there is no cluster yet.
    """
    own = {
        name: {**facts, "api": federation.addresses.get(name, facts["api"])}
        for name, facts in clusters.items()
    }
    return {
        "site": site,
        "peers": {
            n: p.fingerprint.rstrip("=") for n, p in federation.peers.items() if p.fingerprint
        },
        "clusters": own,
        "links": {
            name: {"cluster": link.cluster, "terms": link_terms(link)}
            for name, link in federation.links.items()
        },
    }

"""What follows from a federation link: quotas on both sides, and the terms to agree on."""

from __future__ import annotations

from typing import Any

from ..sections.federation import Link


def link_quota(link: Link) -> dict[str, str]:
    """``hard`` of a ResourceQuota that keeps to the link's budget, the same on both sides.

    The target keeps it for the link's namespaces, the source for what its users ask of it.
    """
    budget, gpu = link.budget, f"requests.{link.gpu_resource}"
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

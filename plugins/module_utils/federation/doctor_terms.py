"""What the doctor is given of one cluster: links with their objects. On the controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .account import by_token, secret_name
from .cluster import cluster_federation


def doctor_terms(
    site: str, cluster: str, links: Sequence[Mapping[str, Any]], states: Mapping[str, Any],
    facts: Mapping[str, str], inside: Sequence[str], administrators: str,
) -> dict[str, Any]:  # fmt: skip
    """``DoctorSpec`` of module_utils/federation_doctor, as plain data.

    facts  {api, ca, issuer} of the cluster as peers see it; the rest as ``cluster_federation``.
    """
    whole = cluster_federation(site, cluster, links, states, inside, administrators)
    found = []
    for link in links:
        if link["cluster"] != cluster:
            continue
        alone = cluster_federation(site, cluster, [link], states, inside, administrators)
        own = {_name(thing) for thing in alone["objects"]}
        state = states.get(link["name"], {"state": "not looked at", "detail": []})
        found.append(
            {
                "name": link["name"], "source": link["source"], "target": link["target"],
                "state": state["state"], "detail": list(state["detail"]),
                "expires": state.get("expires", ""), "namespaces": list(link["namespaces"]),
                "owned": list(link["owners"]),
                "offer": state.get("offer"), "request": state.get("request"),
                "objects": [thing for thing in whole["objects"] if _name(thing) in own],
                "trusted": alone["jwt"][0] if alone["jwt"] else None,
                "lifetime": link["token_lifetime"],
                "secret": secret_name(link["name"]) if by_token(link) and link["source"] == site
                else "",
            }
        )  # fmt: skip
    return {
        "site": site, "cluster": cluster, "api": facts["api"], "issuer": facts["issuer"],
        "authority": facts["ca"], "links": found, "guards": whole["guards"],
    }  # fmt: skip


def _name(thing: Mapping[str, Any]) -> tuple[str, str, str]:
    meta = thing["metadata"]
    return thing["kind"], meta.get("namespace", ""), meta["name"]

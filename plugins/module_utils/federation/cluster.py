"""All that one cluster of a site gets from its links: objects, trusted issuers, tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import account, guards, leaving, source, target
from .engine import engine
from .terms import audience

ACCEPTED, ENDED = "accepted", "ended"


def cluster_federation(
    site: str, cluster: str, links: Sequence[Mapping[str, Any]], states: Mapping[str, Any],
    inside: Sequence[str], administrators: str,
) -> dict[str, Any]:  # fmt: skip
    """``{definitions, guards, objects, links, jwt, tokens, accounts, peers, remains}``, and for the

    engine ``{webhook_conditions, token_volume}``. Guards come first: they say which Secrets of
    links may be written. *links* are those objects that the engine reads when it starts,
    *accounts* those whose tokens this target makes (``granting.Account``).

    links           of the model, as ``federation_link`` derives them, with this cluster.
    states          what ``federation_exchange`` says of each; only accepted ones have an effect.
    inside          networks of the site that a peer's pods must not reach.
    administrators  group that may change links.
    """
    core = engine()
    mine = [link for link in links if link["cluster"] == cluster]
    open_ = [x for x in mine if states.get(x["name"], {}).get("state") == ACCEPTED]
    inbound = [x for x in open_ if x["target"] == site and x["source"] != site]
    outbound = [x for x in open_ if x["source"] == site]
    keys = ("objects", "links", "jwt", "tokens", "accounts", "peers")
    found: dict[str, Any] = {key: [] for key in keys}
    objects = found["objects"]

    for link in inbound:
        state, by_token = states[link["name"]], account.by_token(link)
        request = state["request"]
        username = f"{link['source']}:{request['subject']}"
        if by_token:
            username = account.username(link["name"])
            objects.append(account.account(link["name"]))
            found["accounts"].append(_account(link, state["token"]))
        for name in link["namespaces"]:
            objects += target.namespace_objects(core, link, name, username, inside)
        objects.append(target.cluster_binding(link, username))
        rules = [*core.peer_rules(), target.REASONS]
        spaces = dict.fromkeys(link["namespaces"], rules)
        found["peers"].append(
            {"username": username, "namespaces": spaces, "cluster": core.peer_cluster_rules()}
        )
        if not by_token:
            found["jwt"].append(target.trust(link, request, audience(site, cluster)))
    if found["accounts"]:
        objects.insert(0, account.namespace())
    bursting = [link for link in outbound if link["target"] == site]
    if inbound or bursting:
        objects += target.roles(core)
    for link in bursting:
        objects += target.own_bindings(core, link)

    owners, claims, allowed, names = {}, {}, [], {}
    for link in outbound:
        offer = states[link["name"]]["offer"]
        # an engine does not start with a link whose file is missing
        waits = account.by_token(link) and not states[link["name"]].get("token")
        owners |= link["owners"]
        claims |= link["claim_quotas"]
        for name in link["namespaces"]:
            names.setdefault(name, link["name"])
            if waits:
                continue
            found["links"] += source.namespace_objects(core, link, name, offer)
            if offer:
                allowed.append(source.encoded(source.kubeconfig(link["name"], name, offer)))
        if offer and not waits:
            found["tokens"].append(_token(link, offer))
    objects += found["links"]
    for name, link_name in names.items():
        objects += source.namespace(core, name, link_name, owners.get(name))
    objects += [source.claim(name, hard) for name, hard in claims.items()]
    if names:
        objects.append(source.engine_role(core))
    if owners:
        objects.append(source.owner_role())
    if any(x["source"] == site != x["target"] and not account.by_token(x) for x in mine):
        # before the request is answered: the target looks for the keys when it begins to trust
        objects.append(source.discovery())

    # what peers ended is over here as well
    lasting = [x for x in mine if states.get(x["name"], {}).get("state") != ENDED]
    found["remains"] = {
        "inbound": sorted({n for x in lasting if x["target"] == site for n in x["namespaces"]}),
        "outbound": {
            name: sorted(x["name"] for x in lasting
                         if x["source"] == site and name in x["namespaces"])
            for name in sorted({n for x in lasting if x["source"] == site for n in x["namespaces"]})
        },
    }  # fmt: skip
    found["definitions"] = core.definitions()
    found["guards"] = [
        *guards.links(core, administrators),
        *guards.kubeconfigs(core, administrators, allowed),
        *guards.namespaces(core, administrators, owners),
        *leaving.policies(core),
    ]
    if inbound:
        found["guards"] += guards.peers(inbound)
    found["token_volume"] = core.token_volume(found["tokens"])
    found["webhook_conditions"] = leaving.webhook_conditions(core)
    return found


def _account(link: Mapping[str, Any], token: Mapping[str, Any] | None) -> dict[str, Any]:
    last = token or {"due": "none was sent", "account": ""}
    return {
        "link": link["name"], "namespace": account.NAMESPACE, "name": link["name"],
        "lifetime": link["token_lifetime"], "due": last["due"], "known": last["account"],
    }  # fmt: skip


def _token(link: Mapping[str, Any], offer: Mapping[str, Any]) -> dict[str, Any]:
    if account.by_token(link):
        secret = account.secret_name(link["name"])
        return {"secret": secret, "path": source.token_path(link["name"])}
    lifetime = min(link["token_lifetime"], offer["token_lifetime"])
    path = source.token_path(link["name"])
    return {"audience": offer["audience"], "lifetime": lifetime, "path": path}

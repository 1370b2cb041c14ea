"""What a peer's link puts into this site's cluster: pure, plain manifests.

A namespace with its Pod Security level, quota, limits and network policy; what the peer's identity
may do in it, and no more; the trust in the peer's issuer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .engine import Engine
from .manifest import LABEL, bind, manifest

#: Requests of containers that name none: a quota of requests would refuse them. The same at both
#: ends: a pod that got them only in the target would be of another class of service there, and the
#: engine could never write its state back (``status.qosClass`` does not change).
DEFAULT_REQUEST = {"cpu": "100m", "memory": "128Mi"}
#: Services of the cloud below, such as metadata with credentials.
LINK_LOCAL = "169.254.0.0/16"
ROLE = "slipway:federation-peer"
#: Beside what the engine needs: why a pod does not start, for the peer's doctor.
REASONS = {"apiGroups": [""], "resources": ["events", "resourcequotas"], "verbs": ["get", "list"]}


def namespace_objects(
    engine: Engine, link: Mapping[str, Any], namespace: str, username: str, inside: Sequence[str]
) -> list[dict[str, Any]]:
    """All objects of one namespace of a link.

    link      ``federation_link`` of the model: name, source, quotas, pod_security, priority.
    inside    networks of the site that a peer's pods must not reach.
    """
    level = link["pod_security"]
    pods = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "warn", "audit")}
    name = f"slipway-{link['name']}"
    hard = {**link["quotas"][namespace], **engine.quota()}
    return [
        manifest("v1", "Namespace", namespace, labels={LABEL: link["name"], **pods}),
        manifest("v1", "ResourceQuota", name, namespace, spec={"hard": hard}),
        limit_range(name, namespace),
        network_policy(name, namespace, inside),
        bind("RoleBinding", name, ROLE, username, namespace),
    ]


def limit_range(name: str, namespace: str) -> dict[str, Any]:
    """What containers request that name nothing."""
    limit = {"type": "Container", "defaultRequest": DEFAULT_REQUEST}
    return manifest("v1", "LimitRange", name, namespace, spec={"limits": [limit]})


def network_policy(name: str, namespace: str, inside: Sequence[str]) -> dict[str, Any]:
    """Pods talk with their own namespace, ask the cluster's DNS, and reach what is outside."""
    own: dict[str, Any] = {"podSelector": {}}
    system = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    dns = {"namespaceSelector": system, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
    ports = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    four = sorted({network for network in inside if ":" not in network} | {LINK_LOCAL})
    six = sorted({network for network in inside if ":" in network} | {"fe80::/10"})
    outside = [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": four}},
        {"ipBlock": {"cidr": "::/0", "except": six}},
    ]
    spec = {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [own]}],
        "egress": [{"to": [own]}, {"to": [dns], "ports": ports}, {"to": outside}],
    }
    return manifest("networking.k8s.io/v1", "NetworkPolicy", name, namespace, spec=spec)


def roles(engine: Engine) -> list[dict[str, Any]]:
    """What any peer may do: in a namespace of its link, and in the cluster."""
    api = "rbac.authorization.k8s.io/v1"
    return [
        manifest(api, "ClusterRole", ROLE, rules=[*engine.peer_rules(), REASONS]),
        manifest(api, "ClusterRole", f"{ROLE}-cluster", rules=engine.peer_cluster_rules()),
    ]


def cluster_binding(link: Mapping[str, Any], username: str) -> dict[str, Any]:
    return bind("ClusterRoleBinding", f"slipway-{link['name']}", f"{ROLE}-cluster", username)


def own_bindings(engine: Engine, link: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A cluster that is its own target: its engine comes as a peer would, with no more rights."""
    name = f"slipway-{link['name']}"
    spaces = [bind("RoleBinding", name, ROLE, engine.subject, n) for n in link["namespaces"]]
    return [*spaces, cluster_binding(link, engine.subject)]


def trust(link: Mapping[str, Any], request: Mapping[str, Any], audience: str) -> dict[str, Any]:
    """An entry of ``jwt`` in the API server's AuthenticationConfiguration.

    Exactly one service account of the peer, in short-lived tokens made for this cluster, under a
    name that begins with its site; in no group.
    """
    site, subject = link["source"], request["subject"]
    issuer = {
        "url": request["issuer"],
        "audiences": [audience],
        "audienceMatchPolicy": "MatchAny",
        "certificateAuthority": request["certificate_authority"],
    }
    if request["discovery"] != f"{request['issuer']}/.well-known/openid-configuration":
        issuer["discoveryURL"] = request["discovery"]
    longest = link["token_lifetime"]
    return {
        "issuer": issuer,
        "claimMappings": {"username": {"expression": f"'{site}:' + claims.sub"}},
        "claimValidationRules": [
            {
                "expression": f"claims.sub == '{subject}'",
                "message": f"only the federation's account of {site}",
            },
            {
                "expression": f"claims.exp - claims.iat <= {longest}",
                "message": f"tokens of {site} live at most {longest} s",
            },
        ],
        "userValidationRules": [
            {
                "expression": f"user.username.startsWith('{site}:') && size(user.groups) == 0",
                "message": f"users of {site} carry its name and no group",
            }
        ],
    }


def policy(
    name: str, namespaces: Mapping[str, Any] | None, resources: Mapping[str, Sequence[str]],
    operations: Sequence[str], validations: Sequence[Mapping[str, Any]], **more: Any,
) -> list[dict[str, Any]]:  # fmt: skip
    """A ValidatingAdmissionPolicy that denies, with its binding."""
    api = "admissionregistration.k8s.io/v1"
    rules = [
        {
            "apiGroups": [group], "apiVersions": ["*"], "resources": list(kinds),
            "operations": list(operations),
        }
        for group, kinds in resources.items()
    ]  # fmt: skip
    match: dict[str, Any] = {"resourceRules": rules}
    if namespaces:
        match["namespaceSelector"] = namespaces
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": match,
        "validations": list(validations),
        **more,
    }
    binding = {"policyName": name, "validationActions": ["Deny"]}
    return [
        manifest(api, "ValidatingAdmissionPolicy", name, spec=spec),
        manifest(api, "ValidatingAdmissionPolicyBinding", name, spec=binding),
    ]

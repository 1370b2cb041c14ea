"""Admiralty 0.17, from what its documentation and its API say.

Its Source objects are not used: all they do is bind roles, and the kit binds a narrower one
itself. Its source controller can be left out then, and with it the right to make bindings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

GROUP = "multicluster.admiralty.io"
VERSION = f"{GROUP}/v1alpha1"
NAMESPACE = ACCOUNT = "admiralty"
#: Labels of a target's nodes that would replace those by which pods find their virtual node.
_NOT_TAKEN = (
    r"^(multicluster\.admiralty\.io/|virtual-kubelet\.io/|node-restriction\.kubernetes\.io/"
    r"|node-role\.kubernetes\.io/)"
)
_ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_TEXT = {"type": "string"}


class Admiralty:
    """See ``Engine``."""

    subject = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
    namespace_label = ("multicluster-scheduler", "enabled")
    elect = f"{GROUP}/elect"
    manifest = f"{GROUP}/sourcepod-manifest"
    scheduler = "admiralty-proxy"
    asked = (VERSION, "PodChaperon")
    copied = f"{GROUP}/parent-cluster-name"
    virtual = "virtual-kubelet.io/provider=admiralty"
    stands_for = (f"{GROUP}/target-namespace", f"{GROUP}/target-name")
    rerouted = f"{GROUP}/original-selector"
    guarded: Mapping[str, Sequence[str]] = {
        GROUP: ("targets", "clustertargets", "sources", "clustersources"),
    }
    home = NAMESPACE
    delegate = (VERSION, "PodChaperon")
    parent = f"{GROUP}/parent-uid"
    schedulers = ("admiralty-proxy", "admiralty-candidate")

    def definitions(self) -> list[dict[str, Any]]:
        # the Go types are the engine's: only what the kit itself writes is spelled out
        secret = {
            "type": "object",
            "properties": {"name": _TEXT, "key": _TEXT, "context": _TEXT, "namespace": _TEXT},
        }
        target = {
            "type": "object",
            "properties": {
                "self": {"type": "boolean"}, "kubeconfigSecret": secret,
                "excludedLabelsRegexp": _TEXT,
            },
        }  # fmt: skip
        account = {"type": "object", "properties": {"name": _TEXT, "namespace": _TEXT}}
        source = {
            "type": "object",
            "properties": {
                "userName": _TEXT,
                "serviceAccountName": _TEXT,
                "serviceAccount": account,
            },
        }
        return [
            _definition("Target", "targets", "Namespaced", target),
            _definition("ClusterTarget", "clustertargets", "Cluster", target),
            _definition("Source", "sources", "Namespaced", source),
            _definition("ClusterSource", "clustersources", "Cluster", source),
            _definition("PodChaperon", "podchaperons", "Namespaced", _ANY),
            _definition("ClusterSummary", "clustersummaries", "Cluster", None),
        ]

    def peer_rules(self) -> list[dict[str, Any]]:
        follow = ["create", "delete", "get", "list", "update", "watch"]
        return [
            _rule([""], ["configmaps", "secrets", "services"], follow),
            # its own budget, and why its pods do not start
            _rule([""], ["events", "resourcequotas"], ["list"]),
            _rule([""], ["pods"], ["list"]),
            _rule([""], ["pods/exec"], ["create"]),
            _rule([""], ["pods/log"], ["get"]),
            _rule([GROUP], ["podchaperons"], sorted([*follow, "deletecollection", "patch"])),
            _rule([GROUP], ["podchaperons/finalizers"], ["update"]),
            _rule(["networking.k8s.io"], ["ingresses"], follow),
        ]

    def peer_cluster_rules(self) -> list[dict[str, Any]]:
        return [_rule([GROUP], ["clustersummaries"], ["get", "list", "watch"])]

    def own_rules(self) -> list[dict[str, Any]]:
        # its chart would let it change the secrets of the whole cluster
        return [_rule([""], ["configmaps", "secrets"], ["update"])]

    def quota(self) -> dict[str, str]:
        # what follows a pod may not open the target to the outside
        return {
            "services.loadbalancers": "0", "services.nodeports": "0",
            "count/ingresses.networking.k8s.io": "0",
            "count/secrets": "100", "count/configmaps": "100", "count/services": "100",
        }  # fmt: skip

    def link(self, name: str, namespace: str, secret: str | None) -> dict[str, Any]:
        spec: dict[str, Any] = {"self": True}
        if secret:
            spec = {
                "kubeconfigSecret": {"name": secret, "key": self.secret_key()},
                "excludedLabelsRegexp": _NOT_TAKEN,
            }
        return {
            "apiVersion": VERSION, "kind": "Target",
            "metadata": {"name": name, "namespace": namespace}, "spec": spec,
        }  # fmt: skip

    def token_volume(self, tokens: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        sources = [_projection(token) for token in tokens]
        return {"name": "slipway-tokens", "projected": {"defaultMode": 0o440, "sources": sources}}

    def secret_key(self) -> str:
        return "config"


def _projection(token: Mapping[str, Any]) -> dict[str, Any]:
    """A token that kubelet asks for, or that the kit keeps in a Secret; kubelet renews both."""
    if "secret" in token:
        item = {"key": "token", "path": token["path"]}
        return {"secret": {"name": token["secret"], "items": [item], "optional": True}}
    return {
        "serviceAccountToken": {
            "audience": token["audience"], "expirationSeconds": token["lifetime"],
            "path": token["path"],
        }
    }  # fmt: skip


def _rule(groups: list[str], resources: list[str], verbs: list[str]) -> dict[str, Any]:
    return {"apiGroups": groups, "resources": resources, "verbs": verbs}


def _definition(kind: str, plural: str, scope: str, spec: Any) -> dict[str, Any]:
    """Without *spec* the whole object is free."""
    schema: dict[str, Any] = _ANY
    if spec is not None:
        schema = {"type": "object", "properties": {"spec": spec, "status": _ANY}}
    version = {
        "name": "v1alpha1", "served": True, "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }  # fmt: skip
    if spec is not None:
        version["subresources"] = {"status": {}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP, "scope": scope, "versions": [version], "names": names,
        },
    }  # fmt: skip

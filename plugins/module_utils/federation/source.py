"""What a link puts into the cluster that sends pods: pure, plain manifests.

The kubeconfig by which the engine reaches the target holds no secret: it names a file, which is a
projected token made for that target only.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from .engine import Engine
from .manifest import LABEL, bind, manifest
from .target import limit_range

#: Only administrators write Secrets of such a name, and only with what the kit would write.
SECRET_PREFIX = "slipway-federation-"
TOKENS = "/var/run/secrets/slipway"
OWNER = "slipway:federation-owner"
ENGINE = "slipway:federation-engine-namespace"


def token_path(link: str) -> str:
    """Below ``TOKENS``, as the engine's volume has it."""
    return f"{link}/token"


def kubeconfig(link: str, namespace: str, offer: Mapping[str, Any]) -> str:
    """The same text for the same link, always: a guard compares it byte by byte."""
    authority = base64.b64encode(offer["certificate_authority"].encode()).decode()
    name = offer["target"]
    found = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": name,
                "cluster": {"server": offer["api"], "certificate-authority-data": authority},
            }
        ],
        "users": [{"name": name, "user": {"tokenFile": f"{TOKENS}/{token_path(link)}"}}],
        "contexts": [
            {"name": name, "context": {"cluster": name, "user": name, "namespace": namespace}}
        ],
        "current-context": name,
    }
    return json.dumps(found, sort_keys=True)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def namespace_objects(
    engine: Engine, link: Mapping[str, Any], namespace: str, offer: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """All objects of one namespace of a link; without *offer* the cluster is its own target."""
    name, found = link["name"], []
    if offer:
        data = {engine.secret_key(): encoded(kubeconfig(name, namespace, offer))}
        secret = f"{SECRET_PREFIX}{name}"
        found.append(manifest("v1", "Secret", secret, namespace, type="Opaque", data=data))
        found.append(engine.link(name, namespace, secret))
    else:
        found.append(engine.link(name, namespace, None))
    return found


def namespace(engine: Engine, name: str, link: str, owner: str | None) -> list[dict[str, Any]]:
    """The namespace takes part; with an owner it is for them to say so, by its label."""
    key, value = engine.namespace_label
    labels = {LABEL: link} if owner else {LABEL: link, key: value}
    found = [
        manifest("v1", "Namespace", name, labels=labels),
        bind("RoleBinding", "slipway-federation-engine", ENGINE, engine.subject, name),
        limit_range("slipway-federation", name),
    ]
    if owner:
        binding = bind("RoleBinding", "slipway-federation-owner", OWNER, owner, name)
        binding["subjects"][0]["kind"] = "Group"
        found.append(binding)
    return found


def engine_role(engine: Engine) -> dict[str, Any]:
    """What the engine may change in namespaces that take part."""
    api = "rbac.authorization.k8s.io/v1"
    return manifest(api, "ClusterRole", ENGINE, rules=engine.own_rules())


def claim(name: str, hard: Mapping[str, str]) -> dict[str, Any]:
    """What all pods of a namespace of the source may claim, at home and away."""
    return manifest("v1", "ResourceQuota", "slipway-federation", name, spec={"hard": dict(hard)})


def owner_role() -> dict[str, Any]:
    rule = {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "patch", "update"]}
    return manifest("rbac.authorization.k8s.io/v1", "ClusterRole", OWNER, rules=[rule])


def discovery() -> dict[str, Any]:
    """The keys of the cluster's service accounts are public: targets fetch them without a name."""
    found = bind(
        "ClusterRoleBinding", "slipway-federation-discovery",
        "system:service-account-issuer-discovery", "system:unauthenticated",
    )  # fmt: skip
    found["subjects"][0]["kind"] = "Group"
    return found

"""Objects of a cluster by which pods ask for fabrics (docs/clusters.md, Second interfaces)."""

from __future__ import annotations

import json
from typing import Any

from ..sections.clusters import Cluster
from .names import rdma_resource

#: Only the kit writes here; pods of all namespaces ask for ``fabrics/<name>``.
NAMESPACE = "fabrics"
#: As cluster_network/fabric_program.py has it.
PREFIX = "fabric.slipway/"
NAME = "slipway-fabrics"
NETWORKS = "k8s.v1.cni.cncf.io/networks"
_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io/v1"


def fabric_objects(cluster: Cluster) -> list[dict[str, Any]]:
    """Manifests in an order in which they can be made; none without fabrics."""
    names = sorted(cluster.fabrics)
    if not names:
        return []
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    return [
        _definition(), namespace, *_right_to_read(),
        *(_attachment(name, cluster.fabrics[name].rdma) for name in names),
        *_placement(names),
    ]  # fmt: skip


def _definition() -> dict[str, Any]:
    """The kind that Multus reads, with the one field that it has."""
    spec = {"type": "object", "properties": {"config": {"type": "string"}}}
    schema = {"type": "object", "properties": {"spec": spec}}
    version = {
        "name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema},
    }  # fmt: skip
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "network-attachment-definitions.k8s.cni.cncf.io"},
        "spec": {
            "group": "k8s.cni.cncf.io",
            "scope": "Namespaced",
            "names": {
                "kind": "NetworkAttachmentDefinition",
                "singular": "network-attachment-definition",
                "plural": "network-attachment-definitions",
                "shortNames": ["net-attach-def"],
            },
            "versions": [version],
        },
    }


def _right_to_read() -> list[dict[str, Any]]:
    """All that nodes need beside kubelet's rights: Multus reads with kubelet's credential.

    Only in the kit's namespace: one of anybody else holds a configuration that root would run.
    """
    where = {"name": NAME, "namespace": NAMESPACE}
    rule = {
        "apiGroups": ["k8s.cni.cncf.io"], "resources": ["network-attachment-definitions"],
        "verbs": ["get"],
    }  # fmt: skip
    return [
        {"apiVersion": f"{_RBAC}/v1", "kind": "Role", "metadata": where, "rules": [rule]},
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": where,
            "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": NAME},
            "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": "system:nodes"}],
        },
    ]


def _attachment(name: str, rdma: bool) -> dict[str, Any]:
    """Without a configuration: each node has its own in a file of that name."""
    metadata: dict[str, Any] = {"name": name, "namespace": NAMESPACE}
    if rdma:
        metadata["annotations"] = {"k8s.v1.cni.cncf.io/resourceName": rdma_resource(name)}
    return {
        "apiVersion": "k8s.cni.cncf.io/v1",
        "kind": "NetworkAttachmentDefinition",
        "metadata": metadata,
    }


def _placement(names: list[str]) -> list[dict[str, Any]]:
    """Pods that ask for a fabric go only to nodes that say that it is up.

    By nodeSelector, which holds beside any affinity of the pod's own.
    """
    # both forms of the annotation: a list with commas, and JSON (a part for each object)
    listed = rf"(^|,)\\s*{NAMESPACE}/' + f + '(@[^,]*)?\\s*(,|$)"
    field = r"(?i)\"%s\"\\s*:\\s*\"' + %s + '\""
    in_object = " && ".join(
        f"part.matches('{field % (key, value)}')"
        for key, value in (("name", "f"), ("namespace", f"'{NAMESPACE}'"))
    )
    asked = (
        f"{json.dumps(names)}.filter(f, variables.text.matches('{listed}') || "
        f"variables.text.split('}}').exists(part, {in_object}))"
    )
    selector = "has(object.spec.nodeSelector)"
    made = 'JSONPatch{op: "add", path: "/spec/nodeSelector", value: {}}'
    each = (
        'JSONPatch{op: "add", path: "/spec/nodeSelector/" + jsonpatch.escapeKey('
        f'"{PREFIX}" + f), value: "up"}}'
    )
    pods = {
        "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"],
    }  # fmt: skip
    policy = {
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "matchConstraints": {"resourceRules": [pods]},
        "matchConditions": [
            {
                "name": "asks-for-networks",
                "expression": "has(object.metadata.annotations) && "
                f"'{NETWORKS}' in object.metadata.annotations",
            }
        ],
        "variables": [
            {"name": "text", "expression": f"object.metadata.annotations['{NETWORKS}']"},
            {"name": "asked", "expression": asked},
        ],
        "mutations": [
            {
                "patchType": "JSONPatch",
                "jsonPatch": {
                    "expression": f"variables.asked.size() == 0 ? [] : ({selector} ? [] : [{made}])"
                    f" + variables.asked.map(f, {each})"
                },
            }
        ],
    }
    return [
        {
            "apiVersion": _ADMISSION,
            "kind": "MutatingAdmissionPolicy",
            "metadata": {"name": NAME},
            "spec": policy,
        },
        {
            "apiVersion": _ADMISSION,
            "kind": "MutatingAdmissionPolicyBinding",
            "metadata": {"name": NAME},
            "spec": {"policyName": NAME},
        },
    ]

"""Policies against what a namespace's owner or a peer could do wrong or on purpose.

``leaving`` has those for pods that leave their cluster. All in CEL, in the API server itself:
nothing else has to run for them to hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .engine import Engine
from .manifest import LABEL
from .source import SECRET_PREFIX
from .target import policy

#: Of the cluster itself; who is in one of them can remove these policies as well.
CLUSTER_ADMINISTRATORS = ("system:masters", "kubeadm:cluster-admins")
_CHANGES = ["CREATE", "UPDATE"]
#: By which a pod asks for networks beside the cluster's own, and for another one in its place.
_NETWORKS, _DEFAULT_NETWORK = "k8s.v1.cni.cncf.io/networks", "v1.multus-cni.io/default-network"
#: Namespace of the attachments to fabrics.
_FABRICS = "fabrics"


def administrator(group: str) -> str:
    """CEL: whether the request is an administrator's."""
    return f"request.userInfo.groups.exists(g, g in {_list([*CLUSTER_ADMINISTRATORS, group])})"


def links(engine: Engine, group: str) -> list[dict[str, Any]]:
    """Links are for administrators to make, in namespaces, by Secrets that are guarded."""
    may = administrator(group)
    cluster_wide = [
        kind for kinds in engine.guarded.values() for kind in kinds if kind.startswith("cluster")
    ]
    secret = "object.spec.kubeconfigSecret"
    prefix = f"{secret}.name.startsWith('{SECRET_PREFIX}')"
    return policy(
        "slipway-federation-links", None, engine.guarded, _CHANGES,
        [
            {
                "expression": may,
                "message": "links between sites are made by the federation's administrators, from "
                "the site's model",
            },
            {
                "expression": f"!(request.resource.resource in {_list(cluster_wide)})",
                "message": "a link for the whole cluster would give away every namespace's "
                "secrets: links are for single namespaces",
            },
            {
                "expression": f"!has({secret}) || ({prefix} && "
                f"(!has({secret}.key) || {secret}.key == '{engine.secret_key()}'))",
                "message": f"the kubeconfig has to be in a Secret {SECRET_PREFIX}…, whose content "
                "is checked",
            },
        ],
        matchConditions=[
            {
                "name": "changes",
                "expression": "oldObject == null || !has(oldObject.spec) || "
                "object.spec != oldObject.spec",
            }
        ],
    )  # fmt: skip


def kubeconfigs(engine: Engine, group: str, allowed: Sequence[str]) -> list[dict[str, Any]]:
    """Secrets of links hold exactly a kubeconfig of the kit (base64): no command, no other server,

    no other token file. Whoever writes another one has the engine run it.
    """
    key = engine.secret_key()
    return policy(
        "slipway-federation-secrets", None, {"": ["secrets"]}, _CHANGES,
        [
            {
                "expression": administrator(group),
                "message": "Secrets of links are written by the federation's administrators",
            },
            {
                "expression": f"has(object.data) && object.data.all(k, k == '{key}' && "
                f"object.data[k] in {_list(sorted(set(allowed)))})",
                "message": "is no kubeconfig of a link of the site's model",
            },
        ],
        matchConditions=[
            {"name": "ours", "expression": f"object.metadata.name.startsWith('{SECRET_PREFIX}')"}
        ],
    )  # fmt: skip


def namespaces(engine: Engine, group: str, owners: Mapping[str, str]) -> list[dict[str, Any]]:
    """Who switches a namespace's part in the federation on and off, and changes nothing else by it.

    owners  {namespace: group that may}.
    """
    key = engine.namespace_label[0]
    new, old = "variables.new", "variables.old"
    guarded = f"(k == '{key}' || k == '{LABEL}' || k.startsWith('pod-security.kubernetes.io/'))"
    same = "{0}.all(k, k == '{2}' || (k in {1} && {1}[k] == {0}[k]))"
    taking_part = (
        f"('{key}' in {new} || '{LABEL}' in {new} || '{key}' in {old} || '{LABEL}' in {old})"
    )
    return policy(
        "slipway-federation-namespaces", None, {"": ["namespaces"]}, _CHANGES,
        [
            {
                "expression": f"variables.owner || !{taking_part} || ("
                f"{new}.all(k, !{guarded} || (k in {old} && {old}[k] == {new}[k])) && "
                f"{old}.all(k, !{guarded} || k in {new}))",
                "message": "which namespaces take part in the federation is in the site's model; "
                "their Pod Security level is part of it",
            },
            {
                "expression": f"!variables.owner || ({same.format(new, old, key)} && "
                f"{same.format(old, new, key)} && variables.annotations)",
                "message": f"the namespace's owner may change the label {key}, and nothing else",
            },
        ],
        variables=[
            {"name": "new", "expression": "object.metadata.?labels.orValue({})"},
            {
                "name": "old",
                "expression": "oldObject == null ? {} : oldObject.metadata.?labels.orValue({})",
            },
            {
                "name": "annotations",
                "expression": "oldObject != null && object.metadata.?annotations.orValue({}) == "
                "oldObject.metadata.?annotations.orValue({})",
            },
            {
                "name": "owner",
                "expression": f"{_map(owners)}[?request.name].orValue('') in "
                "request.userInfo.groups",
            },
        ],
        matchConditions=[{"name": "others", "expression": f"!({administrator(group)})"}],
    )  # fmt: skip


def peers(links: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Pods of peers: of the link's priority at most, where the scheduler puts them, not on

    control planes, on no fabric but those lent; a peer makes itself no lasting token, and takes
    no address that is not its own.

    links  of the model, as ``federation_link`` derives them: name, priority, fabrics.
    """
    where = {
        "matchExpressions": [
            {"key": LABEL, "operator": "In", "values": sorted(link["name"] for link in links)}
        ]
    }
    label = f"[?namespaceObject.metadata.labels['{LABEL}']]"
    cap = f"{_map({link['name']: link['priority'] for link in links})}{label}.orValue(0)"
    lent = _map({x["name"]: [f"{_FABRICS}/{name}" for name in x["fabrics"]] for x in links})
    control = (
        "!has(object.spec.tolerations) || !object.spec.tolerations.exists(t, "
        "!has(t.key) || t.key == '' || t.key == 'node-role.kubernetes.io/control-plane')"
    )
    pods = policy(
        "slipway-federation-peers", where, {"": ["pods"]}, ["CREATE"],
        [
            {
                "expression": f"!has(object.spec.priority) || object.spec.priority <= {cap}",
                "messageExpression": "'priority ' + string(object.spec.priority) + "
                f"' is higher than the link allows: ' + string({cap})",
            },
            {
                "expression": "!has(object.spec.nodeName) || object.spec.nodeName == ''",
                "message": "a peer's pod goes where the scheduler puts it: leave out nodeName",
            },
            {
                "expression": control,
                "message": "a peer's pod may not tolerate every taint, nor that of control planes",
            },
            {
                "expression": f"!('{_DEFAULT_NETWORK}' in variables.notes) && "
                "(variables.networks == '' || variables.networks.split(',').all(n, "
                "n.trim().split('@')[0] in variables.lent)) && "
                "variables.containers.all(c, c.?resources.limits.orValue({}).all(k, "
                f"!k.startsWith('rdma/') || ('{_FABRICS}/' + k.substring(5)) in variables.lent))",
                "message": "asks for a fabric that the link does not lend, or not as "
                f"{_FABRICS}/<name>",
            },
        ],
        variables=[
            {"name": "notes", "expression": "object.metadata.?annotations.orValue({})"},
            {"name": "networks", "expression": f"variables.notes[?'{_NETWORKS}'].orValue('')"},
            {"name": "lent", "expression": f"{lent}{label}.orValue([])"},
            {
                "name": "containers",
                "expression": "object.spec.containers + object.spec.?initContainers.orValue([])",
            },
        ],
    )  # fmt: skip
    tokens = policy(
        "slipway-federation-tokens", where, {"": ["secrets"]}, _CHANGES,
        [
            {
                "expression": "!has(object.type) || "
                "object.type != 'kubernetes.io/service-account-token'",
                "message": "no lasting tokens of service accounts in a peer's namespace",
            }
        ],
    )  # fmt: skip
    services = policy(
        "slipway-federation-services", where, {"": ["services"]}, _CHANGES,
        [
            {
                "expression": "object.spec.?externalIPs.orValue([]).size() == 0",
                "message": "externalIPs would take other people's traffic: leave them out",
            }
        ],
    )  # fmt: skip
    return pods + tokens + services


def _list(texts: Sequence[str]) -> str:
    return json.dumps(list(texts))


def _map(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(sorted(values.items())))

"""Pods that leave their cluster: what they get on the way, and what keeps them at home.

Policies in CEL, in the API server itself: mutating ones come before the engine's webhook,
validating ones after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .engine import Engine
from .engine.lost import LOST, present
from .manifest import manifest
from .target import policy

_API = "admissionregistration.k8s.io/v1"
_CHANGES = ["CREATE", "UPDATE"]


def policies(engine: Engine) -> list[dict[str, Any]]:
    """All of them."""
    return [*own_manifest(engine), *lost_fields(engine), *ingresses(engine)]


def own_manifest(engine: Engine) -> list[dict[str, Any]]:
    """What the engine's webhook keeps of a pod is its own to write: nobody hands it another."""
    notes = "object.metadata.?annotations.orValue({})"
    escaped = engine.manifest.replace("~", "~0").replace("/", "~1")
    gone = f"[JSONPatch{{op: 'remove', path: '/metadata/annotations/{escaped}'}}]"
    given = [{"name": "given", "expression": f"'{engine.manifest}' in {notes}"}]
    strip = {"patchType": "JSONPatch", "jsonPatch": {"expression": gone}}
    old = f"oldObject.metadata.?annotations.orValue({{}})[?'{engine.manifest}']"
    key, value = engine.namespace_label
    return [
        *_mutating("slipway-federation-manifest", engine, [strip], given),
        *policy(
            "slipway-federation-manifest", {"matchLabels": {key: value}}, {"": ["pods"]}, _CHANGES,
            [
                {
                    "expression": "oldObject == null || "
                    f"{notes}[?'{engine.manifest}'] == {old}",
                    "message": f"{engine.manifest} is the engine's own: make the pod anew",
                },
                {
                    "expression": f"object.spec.schedulerName != '{engine.scheduler}' || "
                    f"'{engine.elect}' in {notes}",
                    "message": f"only pods that are elected ({engine.elect}) have the engine's "
                    "scheduler",
                },
            ],
        ),
    ]  # fmt: skip


def ingresses(engine: Engine) -> list[dict[str, Any]]:
    """Ingresses that the engine cannot read: it would end, again and again."""
    key, value = engine.namespace_label
    rules = "object.spec.?rules.orValue([])"
    return policy(
        "slipway-federation-ingresses", {"matchLabels": {key: value}},
        {"networking.k8s.io": ["ingresses"]}, _CHANGES,
        [
            {
                "expression": f"{rules}.all(r, has(r.http))",
                "message": "a rule without http stops the federation's engine: give it paths",
            }
        ],
    )  # fmt: skip


def lost_fields(engine: Engine) -> list[dict[str, Any]]:
    """Pods that would lose a field on their way are refused, by the field's name."""
    key, value = engine.namespace_label
    checks = [
        {
            "expression": f"!({present(path)})",
            "message": f"{path} would be lost on the way to another site: leave it out, or do not "
            f"elect the pod ({engine.elect})",
        }
        for path in LOST
    ]
    return policy(
        "slipway-federation-fields", {"matchLabels": {key: value}}, {"": ["pods"]}, ["CREATE"],
        checks, matchConditions=[{"name": "elected", "expression": elected(engine)}],
    )  # fmt: skip


def elected(engine: Engine) -> str:
    has = "has(object.metadata.annotations)"
    return f"{has} && '{engine.elect}' in object.metadata.annotations"


def webhook_conditions(engine: Engine) -> list[dict[str, str]]:
    """``matchConditions`` of the engine's webhook: it sees elected pods that lose nothing.

    Webhooks come before policies: without this a field is gone before it could be refused, and
    pods that are not elected would lose theirs as well.
    """
    found = [{"name": "elected", "expression": elected(engine)}]
    return found + [
        {"name": f"kept-{number}", "expression": f"!({present(path)})"}
        for number, path in enumerate(LOST)
    ]


def _mutating(
    name: str, engine: Engine, mutations: Sequence[dict[str, Any]],
    conditions: Sequence[dict[str, str]],
) -> list[dict[str, Any]]:  # fmt: skip
    key, value = engine.namespace_label
    rule = {
        "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"],
    }  # fmt: skip
    spec = {
        "failurePolicy": "Fail", "reinvocationPolicy": "Never",
        "matchConstraints": {
            "namespaceSelector": {"matchLabels": {key: value}}, "resourceRules": [rule],
        },
        "matchConditions": list(conditions), "mutations": list(mutations),
    }  # fmt: skip
    return [
        manifest(_API, "MutatingAdmissionPolicy", name, spec=spec),
        manifest(_API, "MutatingAdmissionPolicyBinding", name, spec={"policyName": name}),
    ]

"""Fields of pods that Admiralty 0.17 drops in silence.

It decodes pods with the types of Kubernetes 1.30.5: what it does not know is gone after its
webhook. Derived by ``tests/lost_fields.py``, which walks the Go types of core/v1 Pod in k8s.io/api
v0.30.5 and newer ones and takes the paths that only a newer one has; of nested paths the outermost
is kept. Nothing of Service, ConfigMap, Secret or Ingress is lost. To be derived anew for each minor
version of Kubernetes. Ephemeral containers cannot be there when a pod is created.
"""

from __future__ import annotations

#: Minor versions of Kubernetes that the list was derived for.
DERIVED_FOR = ("1.32", "1.33", "1.35", "1.36")
_CONTAINER = (
    "env[].valueFrom.fileKeyRef",
    "lifecycle.stopSignal",
    "resources.claims[].request",
    "restartPolicyRules",
)
LOST = (
    *(f"spec.{kind}[].{path}" for kind in ("containers", "initContainers") for path in _CONTAINER),
    "spec.hostnameOverride",
    "spec.resourceClaims[].resourceClaimName",
    "spec.resourceClaims[].resourceClaimTemplateName",
    "spec.resources",
    "spec.schedulingGroup",
    "spec.securityContext.seLinuxChangePolicy",
    "spec.securityContext.supplementalGroupsPolicy",
    "spec.volumes[].image",
    "spec.volumes[].projected.sources[].podCertificate",
    "spec.workloadRef",  # of 1.35 only
)


def present(path: str) -> str:
    """CEL: whether a pod has something at *path* (``[]`` is any item of a list)."""
    return _present("object", path.split("."), 0)


def _present(base: str, steps: list[str], depth: int) -> str:
    name, rest = steps[0].removesuffix("[]"), steps[1:]
    has = f"has({base}.{name})"
    if not rest:
        return has
    if steps[0].endswith("[]"):
        item = f"i{depth}"
        return f"{has} && {base}.{name}.exists({item}, {_present(item, rest, depth + 1)})"
    return f"{has} && {_present(f'{base}.{name}', rest, depth)}"

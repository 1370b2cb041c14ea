"""What a peer's credential may do, asked of the API and compared with the model.

``Eyes`` asks with the peer's rights: with its credential, or as its user by impersonation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..federation.engine import engine
from ..federation.target import roles
from ..kube_api import ApiError

#: ``(method, path, body)`` → the answer. Raises ApiError.
Eyes = Callable[[str, str, Any], Any]
#: (API group, resource, verb, name of an object or "" for any).
Right = tuple[str, str, str, str]

_API = "authorization.k8s.io/v1"
#: Everybody who is known may ask what they may do: ClusterRole system:basic-user.
_BASIC = frozenset(
    {
        ("authorization.k8s.io", "selfsubjectaccessreviews", "create", ""),
        ("authorization.k8s.io", "selfsubjectrulesreviews", "create", ""),
        ("authentication.k8s.io", "selfsubjectreviews", "create", ""),
    }
)
#: And read these: system:discovery, system:public-info-viewer, and an issuer's keys.
_PATHS = frozenset(
    {
        "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/readyz", "/openapi",
        "/openapi/*", "/version", "/.well-known/openid-configuration", "/openid/v1/jwks",
    }
)  # fmt: skip
_MOST = 5


def model() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rules of a peer (in its namespaces, everywhere), as the kit writes them in the target."""
    inside, everywhere = (role["rules"] for role in roles(engine()))
    return [*inside, *everywhere], everywhere


def rights(rules: Iterable[Mapping[str, Any]]) -> set[Right]:
    """Rules of RBAC one by one; ``*`` stays what it is."""
    return {
        (group, resource, verb, name)
        for rule in rules
        for group in rule.get("apiGroups", ())
        for resource in rule.get("resources", ())
        for verb in rule.get("verbs", ())
        for name in rule.get("resourceNames") or ("",)
    }


def review(eyes: Eyes, namespace: str) -> dict[str, Any]:
    """The status of a SelfSubjectRulesReview."""
    body = {
        "apiVersion": _API, "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace},
    }  # fmt: skip
    found: dict[str, Any] = eyes("POST", f"/apis/{_API}/selfsubjectrulesreviews", body)["status"]
    return found


def compared(status: Mapping[str, Any], wanted: Iterable[Mapping[str, Any]]) -> list[str]:
    """What differs, both ways; none where a peer may do exactly what *wanted* says."""
    should, may = rights(wanted), rights(status.get("resourceRules") or ())
    more = [_text(right) for right in sorted(may - should - _BASIC)]
    more += [
        f"{verb} {path}"
        for rule in status.get("nonResourceRules") or ()
        for path in rule.get("nonResourceURLs", ())
        for verb in rule.get("verbs", ())
        if verb != "get" or path.rstrip("/") not in _PATHS
    ]
    less = [_text(right) for right in sorted(should) if not any(_covers(m, right) for m in may)]
    found = [f"{word}: {_few(which)}" for word, which in (("more", more), ("less", less)) if which]
    if status.get("incomplete"):
        why = status.get("evaluationError") or "an authoriser beside RBAC"
        found.append(f"the API server does not tell all: {why}")
    return found


def tries(namespace: str, outside: str) -> list[tuple[str, str, str, Any]]:
    """(what, method, path, body) that have to be refused; what would make something is a dry run.

    namespace  of the link, outside: one that is not.
    """
    core, rbac = "/api/v1", "rbac.authorization.k8s.io"
    name = {"generateName": "slipway-verify-"}
    pod = {
        "apiVersion": "v1", "kind": "Pod", "metadata": name,
        "spec": {"containers": [{"name": "c", "image": "none"}]},
    }  # fmt: skip
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": name}
    role = {"apiGroup": rbac, "kind": "ClusterRole", "name": "admin"}
    binding = {
        "apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "metadata": name, "roleRef": role,
    }  # fmt: skip
    bindings = f"/apis/{rbac}/v1/namespaces/{namespace}/rolebindings?dryRun=All"
    return [
        (f"read the secrets of {outside}", "GET",
         f"{core}/namespaces/{outside}/secrets?limit=1", None),
        ("list the nodes", "GET", f"{core}/nodes?limit=1", None),
        ("make a namespace", "POST", f"{core}/namespaces?dryRun=All", space),
        (f"make a pod in {namespace}", "POST",
         f"{core}/namespaces/{namespace}/pods?dryRun=All", pod),
        (f"take more rights in {namespace}", "POST", bindings, binding),
    ]  # fmt: skip


def tried(eyes: Eyes, method: str, path: str, body: Any) -> tuple[bool, str]:
    """(whether it is refused for want of the right, what the server says)."""
    try:
        eyes(method, path, body)
    except ApiError as error:
        if error.status in (0, 401):
            raise
        # admission refuses with 403 as well, and only after RBAC has said yes
        return error.status == 403 and " cannot " in str(error), str(error)
    return False, "it may"


def _covers(given: Right, wanted: Right) -> bool:
    *kind, name = given
    return not name and all(
        have in (want, "*") for have, want in zip(kind, wanted[:3], strict=True)
    )


def _text(right: Right) -> str:
    group, resource, verb, name = right
    where = f" of {group}" if group else ""
    return f"{verb} {resource}{where}" + (f" named {name}" if name else "")


def _few(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _MOST} more" if len(texts) > _MOST else ""
    return ", ".join(texts[:_MOST]) + more

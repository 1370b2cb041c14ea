"""A site of a link, and API servers that give the peer exactly the model's rights: stand-ins."""

from __future__ import annotations

import base64
import json

from ansible.module_utils.federation.account import secrets
from ansible.module_utils.federation_doctor import DoctorSpec
from ansible.module_utils.federation_verify import Verifier
from ansible.module_utils.federation_verify.rights import model
from ansible.module_utils.kube_api import ApiError

from fakes.doctor import DoctorApi, Files, Site

RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
TOKEN = "/api/v1/namespaces/admiralty/serviceaccounts/admiralty/token"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/shared/rolebindings"
BASIC = [
    {"apiGroups": [f"{group}.k8s.io"], "resources": [resource], "verbs": ["create"]}
    for group, resource in (
        ("authorization", "selfsubjectaccessreviews"), ("authorization", "selfsubjectrulesreviews"),
        ("authentication", "selfsubjectreviews"),
    )
]  # fmt: skip
DISCOVERY = [
    {"nonResourceURLs": ["/api", "/apis/*", "/version/", "/openid/v1/jwks"], "verbs": ["get"]}
]
VOLUMES = "/var/lib/kubelet/pods/*/volumes/kubernetes.io~projected/slipway-tokens"


def forbidden(what):
    return ApiError(f'{what} is forbidden: User "alpha:x" cannot do it', 403, "Forbidden")


def refuse(what):
    def answer(_body):
        raise forbidden(what)

    return answer


def token(issued, life=3600):
    claims = json.dumps({"iat": issued, "exp": issued + life, "sub": "hidden"}).encode()
    return f"h.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.hidden"


class Kubelet(Files):
    """Also the tokens that kubelet keeps, by path."""

    def glob(self, pattern):
        assert pattern == f"{VOLUMES}/link/token"
        return [path for path in self.files if path.endswith("/link/token")]


class Watched(DoctorApi):
    """One's own API server: who comes by impersonation sees what *eyes* shows."""

    eyes, users = None, ()

    def request(self, method, path, body=None, *, headers=None, **more):
        if headers:
            self.users = (*self.users, headers["Impersonate-User"])
            return self.eyes.request(method, path, body)
        found = super().request(method, path, body, **more)
        if method == "GET" and path.partition("?")[0] == "/api/v1/namespaces":
            items = found["items"]
            found["items"] = [each for each in items if "namespace" not in each["metadata"]]
        return found


class Proven(Site):
    """One end of a link at which all is as it has to be."""

    def __init__(self, name, **changes):
        super().__init__(name, **changes)
        self.files.__class__ = Kubelet
        self.api.__class__ = Watched
        self.api.eyes = self.peer
        self.given = {}
        made = token(int(self.now()))
        self.api.posted[TOKEN] = {"status": {"token": made}}
        if name == "alpha" and self.link["credential"] == "token":
            self.api.put(*secrets({"link": made}, "admiralty"))
        self.peer.posted |= {
            RULES: self._rules,
            "/api/v1/namespaces": refuse("namespaces"),
            "/api/v1/namespaces/shared/pods": refuse("pods"),
            BINDINGS: refuse("rolebindings"),
        }
        for path in ("nodes", "namespaces/default/secrets", "namespaces/kube-system/secrets"):
            self.peer.fails[f"/api/v1/{path}"] = forbidden(path)
        quota = {
            "apiVersion": "v1", "kind": "ResourceQuota",
            "metadata": {"name": "slipway-link", "namespace": "shared"},
            "spec": {"hard": {"pods": "8", "count/secrets": "100"}},
            "status": {"used": {"pods": "3"}},
        }  # fmt: skip
        self.peer.put(quota, {**quota, "metadata": {"name": "other", "namespace": "shared"}})
        if name == "beta":
            self.api.thing("ResourceQuota", "slipway-link", "shared")["status"] = quota["status"]
        for space in ("default", "kube-system", "others"):
            self.api.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})

    def _rules(self, body):
        space = body["spec"]["namespace"]
        inside, everywhere = model()
        rules = self.given.get(space, inside if space == "shared" else everywhere)
        status = {"resourceRules": [*BASIC, *rules], "nonResourceRules": DISCOVERY}
        return {"status": {**status, **self.given.get("status", {})}}

    def verify(self, source="emulation"):
        """{name: check}; also ``row``, ``skipped`` and all that was said, as text."""
        verifier = Verifier(
            self.files, DoctorSpec.parse(self.facts()), self._own, source, self.net,
            lambda server, authority, token: self.peer, self.now,
        )  # fmt: skip
        found = verifier.run("control-1")
        self.text = json.dumps(found)
        (self.row,) = found["links"]
        self.skipped = {each["name"]: each["reason"] for each in found["findings"]["skipped"]}
        return {
            each["name"].removeprefix("link link: "): each for each in found["findings"]["checks"]
        }

    def broken(self):
        return [name for name, check in self.verify().items() if not check["ok"]]

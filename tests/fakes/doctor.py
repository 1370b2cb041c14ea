"""Two sites for the doctor: API servers, network and peers that are stand-ins, all in order."""

from __future__ import annotations

import base64
import copy
import json
from urllib.parse import parse_qs

from ansible.module_utils.cluster_objects.spec import ObjectsSpec
from ansible.module_utils.federation.account import secrets, username
from ansible.module_utils.federation.doctor_terms import doctor_terms
from ansible.module_utils.federation.engine import engine
from ansible.module_utils.federation.source import TOKENS
from ansible.module_utils.federation.target import REASONS
from ansible.module_utils.federation_doctor import Doctor, DoctorSpec
from ansible.module_utils.federation_doctor.outside import Reply
from ansible.module_utils.kube_api import Api, ApiError, Reference
from ansible.module_utils.system import Output

from fakes.api_server import StandInApi
from fakes.federation import PEM, terms

GROUP = "multicluster.admiralty.io/v1alpha1"
POLICY, RBAC = "admissionregistration.k8s.io/v1", "rbac.authorization.k8s.io/v1"
KINDS = {
    **{("v1", kind): (plural, True) for kind, plural in (
        ("ServiceAccount", "serviceaccounts"), ("ResourceQuota", "resourcequotas"),
        ("LimitRange", "limitranges"), ("Pod", "pods"),
        ("Event", "events"),
    )},
    **{("apps/v1", kind): (f"{kind.lower()}s", True) for kind in (
        "ReplicaSet", "StatefulSet", "DaemonSet",
    )},
    ("v1", "Node"): ("nodes", False),
    ("batch/v1", "Job"): ("jobs", True),
    ("networking.k8s.io/v1", "NetworkPolicy"): ("networkpolicies", True),
    ("discovery.k8s.io/v1", "EndpointSlice"): ("endpointslices", True),
    (RBAC, "RoleBinding"): ("rolebindings", True),
    (RBAC, "ClusterRole"): ("clusterroles", False),
    (RBAC, "ClusterRoleBinding"): ("clusterrolebindings", False),
    (POLICY, "ValidatingAdmissionPolicy"): ("validatingadmissionpolicies", False),
    (POLICY, "ValidatingAdmissionPolicyBinding"): ("validatingadmissionpolicybindings", False),
    (POLICY, "MutatingAdmissionPolicy"): ("mutatingadmissionpolicies", False),
    (POLICY, "MutatingAdmissionPolicyBinding"): ("mutatingadmissionpolicybindings", False),
    (POLICY, "MutatingWebhookConfiguration"): ("mutatingwebhookconfigurations", False),
    (GROUP, "Target"): ("targets", True),
    (GROUP, "PodChaperon"): ("podchaperons", True),
}  # fmt: skip
ADDRESS = "192.0.2.2"
OFFER = {
    "target": "beta", "api": f"https://{ADDRESS}:6443", "certificate_authority": PEM,
    "audience": "slipway:beta:c", "token_lifetime": 3600, "priority": 0,
}  # fmt: skip
ISSUER = "https://alpha.example"
REQUEST = {
    "subject": engine().subject, "issuer": ISSUER, "certificate_authority": PEM,
    "discovery": "https://192.0.2.1:6443/.well-known/openid-configuration",
}  # fmt: skip
LINK = {
    **terms(), "name": "link", "cluster": "c", "quotas": {"shared": {"pods": "8"}},
    "claim_quotas": {}, "owners": {}, "fabrics": [],
}  # fmt: skip
UP = [{"type": "Established", "status": "True"}, {"type": "Ready", "status": "True"}]


class DoctorApi(StandInApi):
    """Beside the store: label selectors, texts, and answers to what is posted, by path."""

    def __init__(self):
        super().__init__()
        self.server = "https://stand-in"
        self.kinds |= KINDS
        self.texts = {"/readyz": "ok", "/metrics": ""}
        self.posted, self.fails = {}, {}

    def put(self, *things):
        for thing in things:
            meta, kind = thing["metadata"], (thing["apiVersion"], thing["kind"])
            self.kinds.setdefault(kind, (f"{kind[1].lower()}s", "namespace" in meta))
            self.forget_kinds()
            path = self.path(Reference.of(thing))
            uid = meta.get("uid", path)
            self.store[path] = {**copy.deepcopy(thing), "metadata": {**meta, "uid": uid}}

    def drop(self, kind, name, namespace=""):
        version = next(v for v, k in self.kinds if k == kind)
        del self.store[self.path(Reference(version, kind, namespace, name))]

    def thing(self, kind, name, namespace=""):
        version = next(v for v, k in self.kinds if k == kind)
        return self.store[self.path(Reference(version, kind, namespace, name))]

    def text(self, path):
        if path not in self.texts:
            raise ApiError(f"GET {path}: HTTP 500", 500)
        return self.texts[path]

    def request(self, method, path, body=None, **more):
        plain, _, query = path.partition("?")
        if plain in self.fails:
            raise self.fails[plain]
        if method == "POST":
            assert "dryRun=All" in query or "review" in plain or plain.endswith("/token"), path
            answer = self.posted[plain]
            return answer(body) if callable(answer) else copy.deepcopy(answer)
        assert method == "GET" or "dryRun=All" in query, f"changes something: {method} {path}"
        found = super().request(method, path, body, **more)
        selector = parse_qs(query).get("labelSelector", [""])[0]
        if selector and method == "GET":
            key, _, value = selector.partition("=")
            found["items"] = [
                each for each in found["items"]
                if each["metadata"].get("labels", {}).get(key) == value
            ]  # fmt: skip
        for each in found.get("items", ()):
            # as a server lists them
            each.pop("kind"), each.pop("apiVersion")
        return found


class Net:
    """A network in which all is well until a test says otherwise."""

    def __init__(self, now):
        self.names, self.port, self.tls, self.ahead, self.now = {}, None, None, 0, now
        self.pages = {
            "/.well-known/openid-configuration": {
                "issuer": ISSUER, "jwks_uri": "https://192.0.2.1:6443/openid/v1/jwks",
            },
            "/openid/v1/jwks": {"keys": [{"kid": "k"}]},
            "/version": {},
        }  # fmt: skip

    def resolve(self, name):
        if name not in self.names:
            raise OSError("Name or service not known")
        return [self.names[name]]

    def connect(self, host, port):
        if self.port:
            raise self.port

    def get(self, host, port, path, authority):
        if self.tls and authority is not None:
            raise self.tls
        page = self.pages[path]
        status = page if isinstance(page, int) else 200
        return Reply(status, self.now() + self.ahead, json.dumps(page))


class Files:
    """The control plane's own files and commands."""

    def __init__(self):
        self.files, self.synchronised = {}, "no"

    def read(self, path):
        return self.files.get(path)

    def run(self, *argv, **_more):
        assert argv[0] == "timedatectl", argv
        return Output(0, self.synchronised, "")


class Site:
    """One site of a link that is whole, its doctor, and what a test may break."""

    def __init__(self, name, **changes):
        self.name, self.api, self.peer = name, DoctorApi(), DoctorApi()
        self.now = lambda: 1_800_000_000.0
        self.net, self.files = Net(self.now), Files()
        self.state = {"state": "accepted", "detail": [], "expires": "2027-03-01T00:00:00Z",
                      "offer": None, "request": None}  # fmt: skip
        self.state |= {"offer": OFFER} if name == "alpha" else {"request": REQUEST}
        self.state["token"] = {"expires": "", "account": "", "due": ""}
        self.link = {**LINK, **changes}
        self.offer = OFFER
        self._fill()

    def facts(self):
        own = {"api": "192.0.2.1:6443", "issuer": ISSUER, "ca": PEM}
        states = {"link": self.state}
        return doctor_terms(self.name, "c", [self.link], states, own, [], "administrators")

    def doctor(self):
        return Doctor(
            self.files, DoctorSpec.parse(self.facts()), self._own, self.net,
            lambda server, authority, token: self.peer, self.now,
        )  # fmt: skip

    def _own(self) -> Api:
        return self.api

    def why(self, pod=""):
        """(step, side), or None where all holds."""
        self.last = self.doctor().pod(pod) if pod else self.doctor().link("link")
        return None if self.last["ok"] else (self.last["step"], self.last["side"])

    def _fill(self):
        facts = self.facts()
        for whole, things in (
            ("federation-definitions", engine().definitions()),
            ("federation-guards", facts["guards"]), ("federation", facts["links"][0]["objects"]),
        ):  # fmt: skip
            self.api.put(*ObjectsSpec.parse({"name": whole, "objects": things}).objects)
        for each in engine().definitions():
            self.api.put({**each, "status": {"conditions": UP}})
        trusted = facts["links"][0]["trusted"]
        if trusted:
            path = "/etc/kubernetes/slipway/authentication.json"
            self.files.files[path] = json.dumps({"jwt": [trusted]})
        self._engine()
        self._peer()

    def _engine(self):
        token = {"audience": OFFER["audience"], "lifetime": 3600, "path": "link/token"}
        if self.link["credential"] == "token":
            token = {"secret": "slipway-token-link", "path": "link/token"}
            self.api.put(*secrets({"link": "t"}, "admiralty"))
        volume = engine().token_volume([token])
        mounts = [{"name": volume["name"], "mountPath": TOKENS}]
        template = {"spec": {"containers": [{"volumeMounts": mounts}], "volumes": [volume]}}
        self.api.put(
            {
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "agent", "namespace": "admiralty"},
                "spec": {"replicas": 1, "template": template},
                "status": {"readyReplicas": 1, "updatedReplicas": 1},
            },
            {
                "apiVersion": POLICY, "kind": "MutatingWebhookConfiguration",
                "metadata": {"name": "admiralty"},
                "webhooks": [{
                    "namespaceSelector": {"matchLabels": {"multicluster-scheduler": "enabled"}},
                    "clientConfig": {"service": {"name": "admiralty", "namespace": "admiralty"}},
                }],
            },
            {
                "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": {"name": "admiralty-x", "namespace": "admiralty",
                             "labels": {"kubernetes.io/service-name": "admiralty"}},
                "endpoints": [{"conditions": {"ready": True}}],
            },
            {
                "apiVersion": "v1", "kind": "Node",
                "metadata": {
                    "name": "admiralty-shared-link",
                    "labels": dict(zip(engine().stands_for, ("shared", "link"), strict=True)),
                },
                "status": {"conditions": UP},
            },
        )  # fmt: skip

    def _peer(self):
        user = f"alpha:{engine().subject}"
        if self.link["credential"] == "token":
            user = username("link")
        claims = base64.urlsafe_b64encode(b"{}").decode()
        self.api.posted["/api/v1/namespaces/admiralty/serviceaccounts/admiralty/token"] = {
            "status": {"token": f"h.{claims}.s"}
        }
        rules = [*engine().peer_rules(), *engine().peer_cluster_rules(), REASONS]
        resources = [{"name": plural} for (v, _), (plural, _) in KINDS.items() if v == GROUP]
        self.peer.posted = {
            "/apis/authentication.k8s.io/v1/selfsubjectreviews": {
                "status": {"userInfo": {"username": user}}
            },
            "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews": {
                "status": {"resourceRules": rules}
            },
            "/api/v1/namespaces/shared/configmaps": {},
        }
        self.peer.store[f"/apis/{GROUP}"] = {"resources": resources}

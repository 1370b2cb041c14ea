"""What a link's own credential may see in the target. Nobody has more rights there.

The credential is a token of the engine's account, made for this target only. Making one stores
nothing: the API server signs it and forgets it.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..federation.account import username
from ..federation.engine import engine
from ..kube_api import Api, ApiError, Reference
from .findings import SOURCE, TARGET, Broken, Step
from .own import Own
from .spec import LinkFacts

#: Seconds for one answer of the target.
PATIENCE = 4.0
_AUTHORISATION = "authorization.k8s.io/v1"

Connect = Callable[[str, str, str], Api]


def connect(server: str, authority: str, token: str) -> Api:
    """The target's API with a bearer token."""
    return Api(server, ssl.create_default_context(cadata=authority), token, timeout=PATIENCE)


class Peer:
    """The target of *link* by the eyes of its source."""

    def __init__(self, own: Own, link: LinkFacts, connect: Connect = connect) -> None:
        assert link.offer is not None
        self.own, self.link, self.offer, self._connect = own, link, link.offer, connect
        self.engine, self.token = engine(), ""
        self._api: Api | None = None

    @property
    def api(self) -> Api:
        """ApiError where there is no token."""
        if self._api is None:
            if not self.token and isinstance(problem := self.account(), Broken):
                raise ApiError(problem.seen)
            offer = self.offer
            self._api = self._connect(offer["api"], offer["certificate_authority"], self.token)
        return self._api

    def steps(self, namespaces: Sequence[str]) -> list[Step]:
        return [
            Step("account", SOURCE, self.account),
            Step("authentication", TARGET, self.known),
            Step("versions", TARGET, self.versions),
            Step("authorisation", TARGET, lambda: self.allowed(namespaces)),
            Step("target namespace", TARGET, lambda: self.open(namespaces)),
        ]

    def account(self) -> str | Broken:
        """A token as the engine's pods get it."""
        if self.link.secret:
            return self._sent()
        _, _, namespace, name = self.engine.subject.split(":")
        lifetime = min(self.link.lifetime, int(self.offer["token_lifetime"]))
        body = {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"audiences": [self.offer["audience"]], "expirationSeconds": lifetime},
        }  # fmt: skip
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        try:
            made = self.own.api.request("POST", path, body)
        except ApiError as error:
            if error.status != 404:
                raise
            return Broken(
                f"the engine's account {namespace}/{name} is missing", SOURCE,
                "Install the engine: it brings its namespace and account",
            )  # fmt: skip
        self.token = made["status"]["token"]
        return f"a token of {namespace}/{name} for {self.offer['audience']}"

    def _sent(self) -> str | Broken:
        """The target's, as the kit has put it there."""
        target, home = self.link.target, self.engine.home
        found = self.own.api.get(Reference("v1", "Secret", home, self.link.secret))
        if found is None:
            return Broken(
                f"no token of {target} has come", TARGET,
                f"{target}: run playbooks/rotate.yml and send what it writes; then run it here",
            )  # fmt: skip
        self.token = base64.b64decode(found["data"]["token"]).decode()
        return f"a token of {target} is in {home}/{self.link.secret}"

    def known(self) -> str | Broken:
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        target = self.link.target
        try:
            answer = self.api.request(
                "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body
            )
        except ApiError as error:
            if error.status != 401:
                raise
            if self.link.secret:
                return Broken(
                    f"{target} does not take the token that it sent: it is past its end, or its "
                    "account is gone", TARGET,
                    f"{target}: run playbooks/rotate.yml and send what it writes; then run it here",
                )  # fmt: skip
            return Broken(
                f"{target} does not take this site's token", TARGET,
                f"{target}: scripts/doctor link {self.link.name}; it says whether the trust is "
                "missing, or this site's keys cannot be read from there",
            )  # fmt: skip
        user = answer["status"]["userInfo"]["username"]
        wanted = f"{self.link.source}:{self.engine.subject}"
        if self.link.secret:
            wanted = username(self.link.name)
        if user != wanted:
            return Broken(
                f"{target} takes it for {user}, not for {wanted}", TARGET,
                f"{target}: run playbooks/federation.yml",
            )  # fmt: skip
        return f"is {user}"

    def versions(self) -> str | Broken:
        version, kind = self.engine.delegate
        plurals = {
            each["spec"]["names"]["kind"]: each["spec"]["names"]["plural"]
            for each in self.engine.definitions()
        }
        try:
            served = self.api.request("GET", f"/apis/{version}")["resources"]
        except ApiError as error:
            if error.status not in (404, 503):
                raise
            served = []
        if not any(each["name"] == plurals[kind] for each in served):
            return Broken(
                f"{self.link.target} does not serve {kind} of {version}", TARGET,
                f"{self.link.target}: run playbooks/federation.yml, or install the engine again",
            )  # fmt: skip
        return f"{kind} of {version} is served"

    def allowed(self, namespaces: Sequence[str]) -> str | Broken:
        """What the engine needs in each namespace and in the cluster, asked of the target."""
        for name in namespaces:
            rules = [*self.engine.peer_rules(), *self.engine.peer_cluster_rules()]
            lacking = self._lacking(name, rules)
            if not lacking:
                continue
            few = ", ".join(f"{verb} {what}" for verb, what in lacking[:3])
            more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
            return Broken(
                f"in {name} it may not {few}{more}; where it may do nothing, the namespace or the "
                "role binding is missing", TARGET,
                f"{self.link.target}: run playbooks/federation.yml",
            )  # fmt: skip
        return f"may do what the engine needs in {', '.join(namespaces)}"

    def _lacking(self, namespace: str, rules: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
        body = {
            "apiVersion": _AUTHORISATION, "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        }  # fmt: skip
        path = f"/apis/{_AUTHORISATION}/selfsubjectrulesreviews"
        given = self.api.request("POST", path, body)["status"]["resourceRules"]
        return [
            (verb, resource)
            for rule in rules
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for verb in rule["verbs"]
            if not any(_gives(each, group, resource, verb) for each in given)
        ]

    def open(self, namespaces: Sequence[str]) -> str | Broken:
        """Objects can be made there: a dry run, so nothing is made."""
        for name in namespaces:
            thing = {
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"generateName": "slipway-doctor-", "namespace": name},
            }  # fmt: skip
            path = f"/api/v1/namespaces/{name}/configmaps?dryRun=All"
            try:
                self.api.request("POST", path, thing)
            except ApiError as error:
                if error.status not in (403, 404):
                    raise
                return Broken(
                    f"nothing can be made in {name}: {error}", TARGET,
                    f"{self.link.target}: see the namespace {name} and its quota",
                )  # fmt: skip
        return f"objects can be made in {', '.join(namespaces)}"


def _gives(rule: Mapping[str, Any], group: str, resource: str, verb: str) -> bool:
    wanted = (("apiGroups", group), ("resources", resource), ("verbs", verb))
    return not rule.get("resourceNames") and all(
        value in rule.get(key, ()) or "*" in rule.get(key, ()) for key, value in wanted
    )

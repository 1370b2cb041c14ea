"""Each step of a link, broken alone: the doctor names it and its side. API servers, network and
peers are stand-ins; real ones are in molecule/federation_doctor."""

from __future__ import annotations

import json
import ssl

import pytest
from ansible.module_utils.federation_doctor import DoctorSpec, SpecError
from ansible.module_utils.kube_api import ApiError
from fakes.doctor import OFFER, Site

SELF = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
TOKEN = "/api/v1/namespaces/admiralty/serviceaccounts/admiralty/token"
TRUST = "/etc/kubernetes/slipway/authentication.json"
SECRET = ("Secret", "slipway-federation-link", "shared")


def unknown_ca():
    error = ssl.SSLCertVerificationError("x")
    error.verify_message, error.verify_code = "unable to get local issuer certificate", 20
    return error


def out_of_time():
    error = ssl.SSLCertVerificationError("x")
    error.verify_message, error.verify_code = "certificate is not yet valid", 9
    return error


def state(text, *detail):
    return lambda s: s.state.update(state=text, detail=list(detail))


def set_(kind, name, namespace, change):
    return lambda s: change(s.api.thing(kind, name, namespace))


def drop(*what):
    return lambda s: s.api.drop(*what)


def fails(where, path, status, peer=False):
    return lambda s: (s.peer if peer else s.api).fails.update({path: ApiError(where, status)})


def port(error):
    return lambda s: setattr(s.net, "port", error)


def named(s):
    s.state["offer"] = {**OFFER, "api": "https://api.beta.example:6443"}
    s._fill()


def template(s):
    return s.api.thing("Deployment", "agent", "admiralty")["spec"]["template"]["spec"]


def unlabel(live):
    live["metadata"]["labels"].pop("multicluster-scheduler")


def rules(without):
    def break_it(s):
        answer = s.peer.posted[RULES]["status"]
        answer["resourceRules"] = [
            r for r in answer["resourceRules"] if without not in r["resources"]
        ]

    return break_it


SOURCE = [
    ("documents", "source", state("waiting for cluster", "c: run it")),
    ("documents", "source", state("waiting for fingerprint", "write it")),
    ("documents", "target", state("waiting for offer")),
    ("documents", "target", state("expired", "offer of beta: expired: ended at x")),
    ("documents", "target", state("ended", "beta ended it")),
    ("documents", "target", state("refused", "offer of beta: signature: does not fit")),
    ("documents", "both", state("refused", "offer of beta: namespaces: beta offers x")),
    ("cluster", "source", lambda s: s.api.texts.pop("/readyz")),
    ("definitions", "source",
     drop("CustomResourceDefinition", "targets.multicluster.admiralty.io")),
    ("definitions", "source",
     set_("CustomResourceDefinition", "podchaperons.multicluster.admiralty.io", "",
          lambda live: live["spec"]["versions"][0].update(served=False))),
    ("definitions", "source",
     set_("CustomResourceDefinition", "podchaperons.multicluster.admiralty.io", "",
          lambda live: live.update(status={}))),
    ("namespace", "source", drop("Namespace", "shared")),
    ("namespace", "source", set_("Namespace", "shared", "", unlabel)),
    ("link", "source", drop("Target", "link", "shared")),
    ("link", "source", drop(*SECRET)),
    ("link", "source", set_(*SECRET, lambda live: live["data"].update(config="b3RoZXI="))),
    ("name", "source", named),
    ("port", "target", port(ConnectionRefusedError())),
    ("port", "network", port(TimeoutError("timed out"))),
    ("tls", "target", lambda s: setattr(s.net, "tls", unknown_ca())),
    ("tls", "target", lambda s: setattr(s.net, "tls", OSError("wrong version number"))),
    ("clock", "both", lambda s: setattr(s.net, "ahead", -300)),
    ("issuer", "source",
     lambda s: s.net.pages.update({"/.well-known/openid-configuration": 401})),
    ("issuer", "source", lambda s: s.net.pages.update({"/openid/v1/jwks": {"keys": []}})),
    ("issuer", "source", lambda s: s.net.pages.update(
        {"/.well-known/openid-configuration": {"issuer": "https://other"}})),
    ("account", "source", fails("not found", TOKEN, 404)),
    ("authentication", "target", fails("Unauthorized", SELF, 401, peer=True)),
    ("authentication", "target",
     lambda s: s.peer.posted[SELF]["status"]["userInfo"].update(username="beta:x")),
    ("authentication", "target", fails("does not answer", SELF, 0, peer=True)),
    ("versions", "target", lambda s: s.peer.store.clear()),
    ("authorisation", "target", rules("podchaperons")),
    ("authorisation", "target", rules("clustersummaries")),
    ("target namespace", "target",
     fails("is being terminated", "/api/v1/namespaces/shared/configmaps", 403, peer=True)),
    ("admission", "source", drop("ValidatingAdmissionPolicyBinding", "slipway-federation-links")),
    ("engine", "source", drop("Deployment", "agent", "admiralty")),
    ("engine", "source", set_("Deployment", "agent", "admiralty",
                              lambda live: live["spec"].update(replicas=0))),
    ("engine", "source", set_("Deployment", "agent", "admiralty",
                              lambda live: live.update(status={}))),
    ("webhook", "source", drop("MutatingWebhookConfiguration", "admiralty")),
    ("webhook", "source", drop("EndpointSlice", "admiralty-x", "admiralty")),
    ("token volume", "source", lambda s: template(s).pop("volumes")),
    ("token volume", "source", lambda s: template(s)["containers"][0].pop("volumeMounts")),
    ("virtual node", "source", drop("Node", "admiralty-shared-link")),
    ("virtual node", "source", set_("Node", "admiralty-shared-link", "",
                                    lambda live: live.update(status={}))),
]  # fmt: skip

TARGET = [
    ("documents", "source", state("waiting for request")),
    ("documents", "target", state("waiting for fingerprint")),
    ("namespace", "target", drop("Namespace", "shared")),
    ("namespace", "target", set_("Namespace", "shared", "", lambda live: live["metadata"]["labels"]
                                 .update({"pod-security.kubernetes.io/enforce": "baseline"}))),
    ("quota", "target", drop("ResourceQuota", "slipway-link", "shared")),
    ("quota", "target", set_("ResourceQuota", "slipway-link", "shared",
                             lambda live: live["spec"]["hard"].update(pods="1"))),
    ("network policy", "target", drop("NetworkPolicy", "slipway-link", "shared")),
    ("authorisation", "target", drop("RoleBinding", "slipway-link", "shared")),
    ("authorisation", "target", drop("ClusterRoleBinding", "slipway-link")),
    ("authorisation", "target", set_("RoleBinding", "slipway-link", "shared",
                                     lambda live: live["metadata"].update(deletionTimestamp="x"))),
    ("admission", "target", drop("ValidatingAdmissionPolicy", "slipway-federation-peers")),
    ("trust", "target", lambda s: s.files.files.pop(TRUST)),
    ("trust", "target", lambda s: s.files.files.update({TRUST: "{"})),
    ("trust", "target", lambda s: s.files.files.update({TRUST: '{"jwt": []}'})),
    ("trust", "target", lambda s: s.files.files.update(
        {TRUST: s.files.files[TRUST].replace("slipway:beta:c", "slipway:gamma:c")})),
    ("trust", "target", lambda s: s.api.texts.update({"/metrics":
        'apiserver_authentication_config_controller_last_config_info{hash="sha256:0"} 1'})),
    ("port", "source", port(ConnectionRefusedError())),
    ("port", "network", port(OSError("No route to host"))),
    ("tls", "source", lambda s: setattr(s.net, "tls", unknown_ca())),
    ("issuer", "source", lambda s: s.net.pages.update({"/openid/v1/jwks": 403})),
    ("engine", "target", drop("Deployment", "agent", "admiralty")),
]  # fmt: skip


@pytest.mark.parametrize("name", ["alpha", "beta"])
def test_a_link_that_is_whole(name):
    site = Site(name)
    assert site.why() is None, site.last
    assert len(site.last["good"]) > 10 and not site.last["notes"]


@pytest.mark.parametrize(("step", "side", "fault"), SOURCE)
def test_a_broken_step_seen_from_the_source(step, side, fault):
    site = Site("alpha")
    fault(site)
    assert site.why() == (step, side), site.last
    assert site.last["seen"] and site.last["do"] and site.last["who"]


@pytest.mark.parametrize(("step", "side", "fault"), TARGET)
def test_a_broken_step_seen_from_the_target(step, side, fault):
    site = Site("beta")
    fault(site)
    assert site.why() == (step, side), site.last
    assert site.last["seen"] and site.last["do"] and site.last["who"]


def test_a_certificate_that_seems_out_of_time_where_the_clock_is_wrong():
    site = Site("alpha")
    site.net.tls, site.net.ahead = out_of_time(), 7200
    assert site.why() == ("clock", "both")
    site.net.ahead = 0
    assert site.why() == ("tls", "target")


def test_a_clock_that_is_kept_is_not_blamed():
    site = Site("alpha")
    site.net.ahead, site.files.synchronised = 300, "yes"
    assert site.why() == ("clock", "target")
    assert "300 s ahead" in site.last["seen"]


def test_no_secret_is_shown():
    site = Site("alpha")
    site.api.thing(*SECRET)["data"]["config"] = "c2VjcmV0"
    site.why()
    assert "c2VjcmV0" not in json.dumps(site.last)


def test_bursting_asks_for_no_peer():
    site = Site("alpha", target="alpha")
    site.state["offer"] = None
    site._fill()
    assert site.why() is None, site.last
    assert "authentication" not in dict(site.last["good"])


def test_a_namespace_that_its_owner_has_not_switched_on():
    site = Site("alpha", owners={"shared": "team"})
    assert site.why() == ("switched on", "owner")
    assert site.last["good"][-1][0] == "virtual node"  # all else was asked before
    labels = site.api.thing("Namespace", "shared")["metadata"]["labels"]
    labels["multicluster-scheduler"] = "enabled"
    assert site.why() is None, site.last


def test_a_quota_that_is_used_up_is_noted():
    site = Site("beta")
    quota = site.api.thing("ResourceQuota", "slipway-link", "shared")
    quota["status"] = {"hard": {"pods": "8", "services.nodeports": "0"}, "used": {"pods": "8"}}
    assert site.why() is None
    assert site.last["notes"] == ["quota shared/slipway-link: pods: 8 of 8 are in use"]


def test_a_link_that_is_not_there():
    with pytest.raises(SpecError, match="there: link"):
        Site("alpha").doctor().link("other")


def test_facts_that_are_wrong_are_one_line():
    facts = {**Site("alpha").facts(), "colour": "red"}
    with pytest.raises(SpecError, match="colour: unknown key"):
        DoctorSpec.parse(facts)


def by_token(name):
    return Site(name, credential="token")


def test_a_link_by_token_is_whole_on_both_sides():
    for name in ("alpha", "beta"):
        site = by_token(name)
        assert site.why() is None, site.last
        steps = [step for step, _ in site.last["good"]]
        # nobody's issuer is trusted, so nobody asks for its keys
        assert not {"trust", "issuer"} & set(steps)


@pytest.mark.parametrize(
    ("breaks", "step", "side"),
    [
        (drop("Secret", "slipway-token-link", "admiralty"), "account", "target"),
        (fails("Unauthorized", SELF, 401, peer=True), "authentication", "target"),
        (
            lambda s: template(s)["volumes"][0]["projected"].update(sources=[]),
            "token volume", "source",
        ),
    ],
)  # fmt: skip
def test_what_a_link_by_token_lacks_is_named(breaks, step, side):
    site = by_token("alpha")
    breaks(site)
    assert site.why() == (step, side)


def test_an_account_that_is_gone_is_named():
    site = by_token("beta")
    site.api.drop("ServiceAccount", "link", "slipway-federation")
    assert site.why() == ("authorisation", "target")

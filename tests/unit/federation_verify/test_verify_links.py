"""Links that are proven: steps, rights, tries, rows. API servers and network are stand-ins."""

from __future__ import annotations

import pytest
from ansible.module_utils.federation_verify import rights
from ansible.module_utils.kube_api import ApiError
from fakes.links import BINDINGS, TOKEN, VOLUMES, Proven, refuse, token

USER = "alpha:system:serviceaccount:admiralty:admiralty"
SITES = pytest.mark.parametrize("name", ["alpha", "beta"])
INSIDE, EVERYWHERE = rights.model()
SECRETS = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
NODES = {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}


@SITES
def test_a_link_that_is_whole_holds_in_every_check(name):
    site = Proven(name)
    checks = site.verify()
    assert [check for check in checks.values() if not check["ok"]] == []
    assert {
        "documents", "rights in shared", "rights outside its namespaces", "may not list the nodes",
        "may not read the secrets of default", "may not make a namespace",
        "may not make a pod in shared", "may not take more rights in shared",
    } < set(checks)  # fmt: skip
    assert {check["source"] for check in checks.values()} == {"emulation"}
    assert site.skipped == {}


@SITES
def test_nothing_of_a_token_is_told(name):
    site = Proven(name)
    site.files.files[f"{VOLUMES}/link/token"] = token(1)
    site.verify()
    assert "hidden" not in site.text


def test_a_target_asks_as_the_peers_user_in_every_namespace():
    site = Proven("beta")
    checks = site.verify()
    assert set(site.api.users) == {USER}
    assert checks["rights outside its namespaces"]["got"] == "nothing of its own in 3 others"


@SITES
def test_a_link_by_token_is_asked_as_its_own_account(name):
    site = Proven(name, credential="token")
    checks = site.verify()
    assert [check for check in checks.values() if not check["ok"]] == []
    assert "rights in shared" in checks
    assert (site.row["credential"], site.row["lifetime"]) == ("token", 3600)
    if name == "beta":
        assert set(site.api.users) == {"system:serviceaccount:slipway-federation:link"}


@SITES
@pytest.mark.parametrize(
    ("space", "rules", "broken", "words"),
    [
        ("shared", [*INSIDE, NODES], "rights in shared", "more: list nodes"),
        ("shared", INSIDE[1:], "rights in shared", "less: create configmaps"),
        ("shared", [*INSIDE, {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
         "rights in shared", "more: * * of *"),
        ("shared", [*INSIDE, {**SECRETS, "verbs": ["patch"], "resourceNames": ["x"]}],
         "rights in shared", "more: patch secrets named x"),
        ("default", [*EVERYWHERE, SECRETS], "rights outside its namespaces",
         "default: more: get secrets"),
        ("kube-system", [], "rights outside its namespaces", "kube-system: less: get cluster"),
        ("status", {"incomplete": True, "evaluationError": "webhook"}, "rights in shared",
         "does not tell all: webhook"),
        ("status", {"nonResourceRules": [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]},
         "rights in shared", "more: get /metrics"),
    ],
)  # fmt: skip
def test_rights_that_differ_are_named(name, space, rules, broken, words):
    site = Proven(name)
    site.given[space] = rules
    check = site.verify()[broken]
    assert not check["ok"]
    assert words in check["got"]
    assert check["look"]


def test_rights_to_some_objects_only_are_less():
    named = [{**rule, "resourceNames": ["x"]} for rule in EVERYWHERE]
    (more, less) = rights.compared({"resourceRules": named}, EVERYWHERE)
    assert more.startswith("more: get clustersummaries")
    assert less.startswith("less: get clustersummaries")


@SITES
@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda p: p.fails.pop("/api/v1/nodes"), "may not list the nodes"),
        (lambda p: p.fails.pop("/api/v1/namespaces/default/secrets"),
         "may not read the secrets of default"),
        (lambda p: p.posted.update({"/api/v1/namespaces": {}}), "may not make a namespace"),
        (lambda p: p.posted.update({BINDINGS: {}}), "may not take more rights in shared"),
    ],
)  # fmt: skip
def test_what_is_not_refused_is_named(name, change, broken):
    site = Proven(name)
    change(site.peer)
    assert site.broken() == [broken]


def test_a_pod_that_only_admission_refuses_is_a_right_too_many():
    site = Proven("alpha")

    def admission(_body):
        raise ApiError("pods is forbidden: violates PodSecurity", 403, "Forbidden")

    site.peer.posted["/api/v1/namespaces/shared/pods"] = admission
    assert site.broken() == ["may not make a pod in shared"]


def test_a_namespace_of_the_link_is_not_outside():
    changes = {"namespaces": ["default"], "quotas": {"default": {"pods": "8"}}}
    site = Proven("alpha", **changes)
    site.given["default"] = INSIDE
    site.peer.posted["/api/v1/namespaces/default/configmaps"] = {}
    for path in ("pods", "rolebindings"):
        api = BINDINGS if path == "rolebindings" else "/api/v1/namespaces/shared/pods"
        site.peer.posted[api.replace("shared", "default")] = refuse(path)
    checks = site.verify()
    assert checks["rights outside its namespaces"]["got"] == "nothing of its own in 1 others"
    assert checks["may not read the secrets of kube-system"]["ok"]


def test_a_broken_step_is_a_check_with_its_side_and_what_to_do():
    site = Proven("alpha")
    site.net.port = TimeoutError("timed out")
    checks = site.verify()
    assert checks["documents"]["ok"]
    assert not checks["port"]["ok"]
    assert "timed out" in checks["port"]["got"]
    assert checks["port"]["look"].startswith("network (between alpha and beta): Open the way")


def test_a_namespace_that_its_owner_switched_off_is_no_failure():
    site = Proven("alpha", owners={"shared": "team"})
    assert site.broken() == []
    assert site.skipped["link link"] == "shared is switched off by its owner"


def test_without_a_credential_rights_are_not_asked():
    site = Proven("alpha")
    site.api.fails[TOKEN] = ApiError("not found", 404)
    assert site.broken() == ["account"]
    assert "account" in site.skipped["link link: rights and budget"]


def test_rights_that_cannot_be_asked_break_a_link_that_is_whole():
    site = Proven("beta")
    site.api.fails["/api/v1/namespaces"] = ApiError("does not answer")
    assert site.broken() == ["rights and budget"]


def test_a_target_that_stops_answering_in_the_middle():
    site = Proven("alpha")
    site.peer.fails["/api/v1/nodes"] = ApiError("does not answer")
    assert site.broken() == ["rights and budget"]


def test_a_link_that_waits_is_not_asked_and_one_that_is_refused_has_failed():
    site = Proven("alpha")
    site.state.update(state="waiting for offer", offer=None)
    assert site.verify() == {}
    assert site.skipped == {"link link": "waiting for offer"}
    assert site.row["state"] == "waiting for offer"
    site.state.update(state="refused", detail=["the offer: form: is no mapping"])
    assert site.broken() == ["documents"]


def test_the_double_of_the_engine_is_said_to_be_a_stand_in():
    site = Proven("alpha")
    site.api.thing("Deployment", "agent", "admiralty")["metadata"]["name"] = "engine-double"
    checks = site.verify()
    assert site.row["engine"] == "double"
    assert checks["engine"]["source"] == "stand-in"
    assert checks["webhook"]["source"] == "stand-in"
    assert checks["authentication"]["source"] == "emulation"


def test_the_row_of_a_source():
    site = Proven("alpha")
    now = int(site.now())
    path = VOLUMES.replace("*", "uid")
    site.files.files[f"{path}/link/token"] = token(now - 600)
    site.verify()
    assert site.row == {
        "link": "link", "cluster": "c", "peer": "beta", "role": "source", "state": "accepted",
        "credential": "jwt", "lifetime": 3600, "age": 600, "documents": "2027-03-01T00:00:00Z",
        "days": 44, "engine": "real",
        "budget": [{"namespace": "shared", "resource": "pods", "used": "3", "hard": "8"}],
    }  # fmt: skip


def test_the_row_of_a_target():
    site = Proven("beta")
    site.verify()
    assert (site.row["role"], site.row["peer"]) == ("target", "alpha")
    assert (site.row["credential"], site.row["lifetime"], site.row["age"]) == ("jwt", 3600, None)
    assert {"namespace": "shared", "resource": "pods", "used": "3", "hard": "8"} in (
        site.row["budget"]
    )
    assert not any("count/" in each["resource"] for each in site.row["budget"])


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "h.bnVsbA.s", "h.e30.s"])
def test_an_odd_token_has_no_age(text):
    site = Proven("alpha")
    site.files.files[f"{VOLUMES}/link/token"] = text
    site.api.posted[TOKEN]["status"]["token"] = text or "x"
    site.verify()
    assert (site.row["age"], site.row["lifetime"]) == (None, None)


def test_where_the_engine_is_for_who_asks_its_nodes():
    site = Proven("alpha")
    for name, spec in (("a", {"nodeName": "worker-1"}), ("b", {})):
        meta = {"name": name, "namespace": "admiralty"}
        site.api.put({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    site.verify()
    assert '"nodes": ["worker-1"]' in site.text

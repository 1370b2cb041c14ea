"""What clusters get from links, as manifests; the real API server is asked in molecule."""

from __future__ import annotations

import base64
import json

from ansible.module_utils.federation.account import secrets
from ansible.module_utils.federation.cluster import cluster_federation
from ansible.module_utils.federation.engine import engine
from ansible.module_utils.federation.engine.lost import LOST, present
from ansible.module_utils.federation.source import SECRET_PREFIX
from fakes.federation import PEM, terms

LINK = {
    **terms(), "name": "link", "cluster": "c", "quotas": {"shared": {"pods": "8"}},
    "claim_quotas": {}, "owners": {}, "fabrics": ["rdma"],
}  # fmt: skip
SUBJECT = engine().subject
OFFER = {
    "target": "beta", "api": "https://beta.example:6443", "certificate_authority": PEM,
    "audience": "slipway:beta:c", "token_lifetime": 3600,
}  # fmt: skip
REQUEST = {
    "subject": SUBJECT, "issuer": "https://alpha.example", "certificate_authority": PEM,
    "discovery": "https://alpha.example:6443/.well-known/openid-configuration",
}  # fmt: skip


def made(site, state="accepted", token=None, **changes):
    states = {"link": {"state": state, "offer": OFFER, "request": REQUEST, "token": token}}
    found = cluster_federation(site, "c", [{**LINK, **changes}], states, ["10.0.0.0/8"], "admins")
    names = {(o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]): o
             for o in found["guards"] + found["objects"]}  # fmt: skip
    assert len(names) == len(found["guards"]) + len(found["objects"])
    return found, names


def test_a_target_gives_a_namespace_and_no_more():
    found, names = made("beta")
    labels = names["Namespace", "", "shared"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    hard = names["ResourceQuota", "shared", "slipway-link"]["spec"]["hard"]
    assert hard["pods"] == "8"
    assert hard["services.nodeports"] == hard["services.loadbalancers"] == "0"
    subjects = [
        o["subjects"] for key, o in names.items() if "Binding" in key[0] and "subjects" in o
    ]
    assert subjects == [[{"apiGroup": "rbac.authorization.k8s.io", "kind": "User",
                          "name": f"alpha:{SUBJECT}"}]] * 2  # fmt: skip
    assert not any(kind in ("Secret", "Target") for kind, _, _ in names)
    assert found["tokens"] == []


def test_a_peers_pods_get_the_fabrics_that_are_lent_and_its_services_no_address_of_others():
    _, names = made("beta")
    spec = names["ValidatingAdmissionPolicy", "", "slipway-federation-peers"]["spec"]
    (lent,) = [each["expression"] for each in spec["variables"] if each["name"] == "lent"]
    assert lent.startswith('{"link": ["fabrics/rdma"]}[?namespaceObject.metadata.labels')
    assert ("ValidatingAdmissionPolicy", "", "slipway-federation-services") in names


def test_trust_is_for_one_account_in_short_lived_tokens_for_this_cluster():
    (entry,) = made("beta")[0]["jwt"]
    assert entry["issuer"]["audiences"] == ["slipway:beta:c"]
    assert entry["claimMappings"] == {"username": {"expression": "'alpha:' + claims.sub"}}
    rules = [rule["expression"] for rule in entry["claimValidationRules"]]
    assert rules == [f"claims.sub == '{SUBJECT}'", "claims.exp - claims.iat <= 3600"]


def test_a_source_keeps_no_secret():
    found, names = made("alpha")
    data = names["Secret", "shared", "slipway-federation-link"]["data"]["config"]
    config = json.loads(base64.b64decode(data))
    assert config["users"][0]["user"] == {"tokenFile": "/var/run/secrets/slipway/link/token"}
    assert config["clusters"][0]["cluster"]["server"] == OFFER["api"]
    assert found["tokens"] == [
        {"audience": "slipway:beta:c", "lifetime": 3600, "path": "link/token"}
    ]
    assert found["jwt"] == []
    policy = names["ValidatingAdmissionPolicy", "", "slipway-federation-secrets"]
    assert data in policy["spec"]["validations"][1]["expression"]


def test_a_target_that_trusts_no_issuer_gives_an_account_the_same_rights():
    found, names = made("beta", credential="token")
    user = "system:serviceaccount:slipway-federation:link"
    assert ("ServiceAccount", "slipway-federation", "link") in names
    assert found["objects"][0]["metadata"]["name"] == "slipway-federation"
    assert found["jwt"] == []
    assert found["accounts"] == [
        {"link": "link", "namespace": "slipway-federation", "name": "link", "lifetime": 3600,
         "due": "none was sent", "known": ""}
    ]  # fmt: skip
    (peer,) = found["peers"]
    assert peer == {**made("beta")[0]["peers"][0], "username": user}
    other = made("beta")[1]
    for key in set(names) & set(other):
        same = json.loads(json.dumps(names[key]).replace(user, f"alpha:{SUBJECT}"))
        assert same == other[key]
    assert {key[0] for key in set(names) ^ set(other)} == {"Namespace", "ServiceAccount"}


def test_a_source_of_a_token_has_the_same_link_with_another_file_behind_it():
    token = {"expires": "2027-01-15T09:00:00Z", "account": "x"}
    found, names = made("alpha", credential="token", token=token)
    other = made("alpha")[1]
    discovery = ("ClusterRoleBinding", "", "slipway-federation-discovery")
    assert {key: names[key] for key in names} == {k: v for k, v in other.items() if k != discovery}
    (source,) = found["token_volume"]["projected"]["sources"]
    assert source == {
        "secret": {"name": "slipway-token-link", "optional": True,
                   "items": [{"key": "token", "path": "link/token"}]},
    }  # fmt: skip


def test_a_link_without_its_first_token_does_not_start_the_engine_with_a_missing_file():
    found, names = made("alpha", credential="token")
    assert found["links"] == found["tokens"] == []
    assert ("Namespace", "", "shared") in names


def test_tokens_are_in_secrets_that_no_namespaces_owner_reads():
    (secret,) = secrets({"link": "t"}, engine().home)
    assert secret["metadata"]["namespace"] == "admiralty"
    assert not secret["metadata"]["name"].startswith(SECRET_PREFIX)  # those hold kubeconfigs
    assert base64.b64decode(secret["data"]["token"]) == b"t"


def test_links_that_are_not_accepted_open_nothing():
    for site in ("alpha", "beta"):
        for state in ("waiting for request", "refused", "expired", "ended"):
            found, names = made(site, state)
            assert found["jwt"] == found["tokens"] == found["peers"] == []
            assert not any(kind in ("Secret", "Target", "RoleBinding") for kind, _, _ in names)
            assert ("ValidatingAdmissionPolicy", "", "slipway-federation-links") in names


def test_an_owner_switches_the_namespace_on_alone():
    _, names = made("alpha", owners={"shared": "team"})
    assert "multicluster-scheduler" not in names["Namespace", "", "shared"]["metadata"]["labels"]
    binding = names["RoleBinding", "shared", "slipway-federation-owner"]
    assert binding["subjects"][0] == {
        "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "team",
    }  # fmt: skip


def test_bursting_has_a_link_to_itself_and_no_credential():
    found, names = made("alpha", target="alpha")
    assert found["jwt"] == found["peers"] == []
    assert "Secret" in {kind for kind, _, _ in names}  # of the state's offer, as given here
    states = {"link": {"state": "accepted", "offer": None, "request": None}}
    found = cluster_federation(
        "alpha", "c", [{**LINK, "target": "alpha"}], states, [], "admins"
    )  # fmt: skip
    assert found["tokens"] == []
    (target,) = [o for o in found["objects"] if o["kind"] == "Target"]
    assert target["spec"] == {"self": True}


def test_a_namespace_with_two_targets_has_a_link_and_a_token_for_each():
    second = {**LINK, "name": "other", "target": "gamma"}
    states = {
        name: {"state": "accepted", "offer": {**OFFER, "target": to, "audience": f"slipway:{to}:c"},
               "request": None}
        for name, to in (("link", "beta"), ("other", "gamma"))
    }  # fmt: skip
    found = cluster_federation("alpha", "c", [LINK, second], states, [], "admins")
    targets = [o for o in found["objects"] if o["kind"] == "Target"]
    assert len({o["metadata"]["name"] for o in targets}) == 2
    assert len({o["spec"]["kubeconfigSecret"]["name"] for o in targets}) == 2
    assert {o["metadata"]["namespace"] for o in targets} == {"shared"}
    assert [(t["audience"], t["path"]) for t in found["tokens"]] == [
        ("slipway:beta:c", "link/token"), ("slipway:gamma:c", "other/token"),
    ]  # fmt: skip
    names = [(o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"])
             for o in found["guards"] + found["objects"]]  # fmt: skip
    assert len(names) == len(set(names)), "the namespace is made once"
    # what is left of one link when it ends is not the other's
    assert found["remains"]["outbound"] == {"shared": ["link", "other"]}


def test_lost_fields_are_asked_for_by_path():
    assert present("spec.volumes[].image") == (
        "has(object.spec) && has(object.spec.volumes) && "
        "object.spec.volumes.exists(i0, has(i0.image))"
    )
    conditions = made("alpha")[0]["webhook_conditions"]
    assert len(conditions) == len(LOST) + 1 <= 64  # the API's limit

"""Two sites that have agreed on a link: what the peer may do, and attacks that are refused.

Real API servers. The token of the engine's service account is used by hand, as a thief would.
"""

import base64
import json

import pytest
from clusters import Cluster

BETA = "https://192.168.78.31:6443"
PEER = "alpha:system:serviceaccount:admiralty:admiralty"
SECRET = "slipway-federation-alpha-to-beta"
OWNER = "--as=olga --as-group=owners"


@pytest.fixture
def alpha(host):
    if host.backend.hostname != "alpha-control-1":
        pytest.skip("the source")
    return Cluster(host).ready()


@pytest.fixture
def beta(host):
    if host.backend.hostname != "beta-control-1":
        pytest.skip("the target")
    return Cluster(host).ready()


def token(alpha, account="admiralty", audience="slipway:beta:beta", duration="3600s"):
    where = f"-n admiralty {account} --audience={audience} --duration={duration}"
    return alpha.ask(f"create token {where}").strip()


def with_token(host, server, secret, arguments):
    """kubectl with a bearer token only; the lab's own test may show it in an argument."""
    return host.run(
        f"kubectl --kubeconfig /dev/null --server {server} --insecure-skip-tls-verify "
        f"--token {secret} {arguments}"
    )


def whoami(host, server, secret):
    return with_token(host, server, secret, "auth whoami -o json")


# the way it is meant to be


def test_the_kits_kubeconfig_and_a_projected_token_reach_the_target(alpha, host):
    text = alpha.ask(f"get secret -n shared {SECRET} -o jsonpath={{.data.config}}")
    config = json.loads(base64.b64decode(text))
    file = config["users"][0]["user"]["tokenFile"]
    host.check_output(f"install -d {file.rpartition('/')[0]} && umask 077 && cat > {file} <<'E'\n"
                      f"{token(alpha)}\nE")  # fmt: skip
    host.check_output(f"umask 077; echo {text} | base64 -d > /tmp/peer.json")
    try:
        who = json.loads(host.check_output(
            "kubectl --kubeconfig /tmp/peer.json auth whoami -o json"
        ))["status"]["userInfo"]  # fmt: skip
        assert (who["username"], who["groups"]) == (PEER, ["system:authenticated"])
        host.check_output("kubectl --kubeconfig /tmp/peer.json get podchaperons,secrets")
    finally:
        host.run(f"rm -f /tmp/peer.json {file}")


def test_the_peer_may_do_what_the_link_says_in_its_namespaces_only(beta):
    names = beta.ask("get namespaces -o jsonpath={.items[*].metadata.name}").split()
    assert {"shared", "default", "kube-system"} <= set(names)
    for name in names:
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
                  "spec": {"namespace": name}}  # fmt: skip
        found = json.loads(beta.ask(
            f"create --validate=false -f - -o json --as={PEER}", review
        ))["status"]["resourceRules"]  # fmt: skip
        own = {
            (verb, resource)
            for rule in found
            for resource in rule["resources"]
            for verb in rule["verbs"]
            if not resource.startswith("selfsubject")
        }
        summaries = {(verb, "clustersummaries") for verb in ("get", "list", "watch")}
        if name != "shared":
            assert own == summaries, name
            continue
        assert {resource for _, resource in own - summaries} == {
            "configmaps", "secrets", "services", "pods", "pods/exec", "pods/log", "podchaperons",
            "podchaperons/finalizers", "ingresses", "events", "resourcequotas",
        }  # fmt: skip
        assert not {("create", "pods"), ("get", "pods")} & own


# attacks with tokens


def test_a_token_for_another_audience_is_refused_by_the_target(alpha, host):
    for audience in ("slipway:gamma:gamma", "https://alpha.alpha.example"):
        done = whoami(host, BETA, token(alpha, audience=audience))
        assert "Unauthorized" in done.stderr, done.stdout


def test_the_targets_token_is_refused_at_home(alpha, host):
    done = whoami(host, "https://192.168.77.31:6443", token(alpha))
    assert "Unauthorized" in done.stderr, done.stdout


def test_another_account_of_the_peer_is_refused(alpha, host):
    assert "Unauthorized" in whoami(host, BETA, token(alpha, "default")).stderr


def test_a_long_lived_token_is_refused(alpha, host):
    assert "Unauthorized" in whoami(host, BETA, token(alpha, duration="7200s")).stderr


def test_secrets_and_pods_of_other_namespaces_are_refused(alpha, host):
    secret = token(alpha)
    for arguments in ("get secrets -n default", "get secrets -A", "get podchaperons -n default",
                      "get nodes", "create namespace mine"):  # fmt: skip
        done = with_token(host, BETA, secret, arguments)
        assert "Forbidden" in done.stderr, (arguments, done.stdout)


# attacks with pods in the target, as its own agent would make them


def pod(name="attack", **spec):
    container = {
        "name": "c", "image": "registry.lab/toolbox:1",
        "securityContext": {
            "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"},
        },
    }  # fmt: skip
    container |= spec.pop("container", {})
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shared", **spec.pop("metadata", {})},
        "spec": {"containers": [container], **spec},
    }  # fmt: skip


DRY = "create --dry-run=server -f -"
NETWORKS = "k8s.v1.cni.cncf.io/networks"
FABRIC = "asks for a fabric that the link does not lend"


def test_an_honest_pod_is_taken(beta):
    beta.ask("wait --for=create serviceaccount/default -n shared --timeout=60s")
    beta.ask(DRY, pod())


@pytest.mark.parametrize(
    ("because", "spec"),
    [
        ("PodSecurity", {"container": {"securityContext": {"privileged": True}}}),
        ("PodSecurity", {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}),
        ("PodSecurity", {"hostNetwork": True}),
        ("is higher than the link allows", {"priorityClassName": "system-cluster-critical"}),
        ("leave out nodeName", {"nodeName": "beta-control-1"}),
        ("may not tolerate", {"tolerations": [{"operator": "Exists"}]}),
        ("exceeded quota", {"container": {"resources": {"requests": {"cpu": "5"}}}}),
        (FABRIC, {"metadata": {"annotations": {NETWORKS: "fabrics/storage"}}}),
        (FABRIC, {"metadata": {"annotations": {NETWORKS: '[{"name": "storage"}]'}}}),
        (
            FABRIC,
            {"metadata": {"annotations": {"v1.multus-cni.io/default-network": "fabrics/storage"}}},
        ),
        (FABRIC, {"container": {"resources": {"limits": {"rdma/rdma": "1"}}}}),
    ],
)
def test_a_hostile_pod_is_refused(beta, because, spec):
    if "resources" in spec.get("container", {}):
        spec = {"container": {**pod()["spec"]["containers"][0], **spec["container"]}}
    beta.refuses(because, DRY, pod(**spec))


def test_a_lasting_token_and_a_door_to_the_outside_are_refused(beta):
    meta = {"name": "t", "namespace": "shared",
            "annotations": {"kubernetes.io/service-account.name": "default"}}  # fmt: skip
    lasting = {"apiVersion": "v1", "kind": "Secret", "metadata": meta,
               "type": "kubernetes.io/service-account-token"}  # fmt: skip
    beta.refuses("no lasting tokens", f"{DRY} --as={PEER}", lasting)
    door = {"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "d", "namespace": "shared"},
            "spec": {"type": "NodePort", "ports": [{"port": 80}]}}  # fmt: skip
    beta.refuses("exceeded quota", f"{DRY} --as={PEER}", door)
    door["spec"] = {"externalIPs": ["192.168.78.31"], "ports": [{"port": 6443}]}
    beta.refuses("other people's traffic", f"{DRY} --as={PEER}", door)


# attacks of a namespace's owner in the source


@pytest.fixture
def owner(alpha):
    """Somebody with all rights in the namespace, also on the engine's kinds."""
    alpha.run("create clusterrole test-owner --verb=* --resource=secrets,pods,"
              "targets.multicluster.admiralty.io,sources.multicluster.admiralty.io")  # fmt: skip
    alpha.run("create rolebinding test-owner -n shared --clusterrole=test-owner --group=owners")
    yield alpha
    alpha.ask("delete rolebinding test-owner -n shared")
    alpha.ask("delete clusterrole test-owner")


def secret(config, name=SECRET + "-x"):
    return {"apiVersion": "v1", "kind": "Secret", "stringData": {"config": json.dumps(config)},
            "metadata": {"name": name, "namespace": "shared"}}  # fmt: skip


def target(secret_name, kind="Target"):
    return {"apiVersion": "multicluster.admiralty.io/v1alpha1", "kind": kind,
            "metadata": {"name": "mine"} | ({"namespace": "shared"} if kind == "Target" else {}),
            "spec": {"kubeconfigSecret": {"name": secret_name}}}  # fmt: skip


EXEC = {"users": [{"name": "u", "user": {"exec": {"command": "/bin/sh"}}}]}
FOREIGN = {"clusters": [{"name": "c", "cluster": {"server": "https://evil.example"}}],
           "users": [{"name": "u", "user": {"tokenFile": "/var/run/secrets/x"}}]}  # fmt: skip


def test_an_owner_makes_no_link(owner):
    message = "made by the federation's administrators"
    owner.refuses(message, f"{DRY} {OWNER}", target("any"))
    source = {"apiVersion": "multicluster.admiralty.io/v1alpha1", "kind": "Source",
              "metadata": {"name": "s", "namespace": "shared"},
              "spec": {"userName": "x"}}  # fmt: skip
    owner.refuses(message, f"{DRY} {OWNER}", source)


@pytest.mark.parametrize("config", [EXEC, FOREIGN])
def test_nobody_gives_the_engine_a_kubeconfig_of_their_own(owner, config):
    message = "written by the federation's administrators"
    owner.refuses(message, f"{DRY} {OWNER}", secret(config))
    # over the kit's own, too; and not even by mistake of an administrator
    owner.refuses(message, f"replace --dry-run=server -f - {OWNER}", secret(config, SECRET))
    owner.refuses("is no kubeconfig of a link", DRY, secret(config))
    # a Secret of another name may hold anything, and no Target may name it
    owner.ask(f"{DRY} {OWNER}", secret(config, "mine"))
    owner.refuses("has to be in a Secret", DRY, target("mine"))


def test_a_link_for_the_whole_cluster_is_refused(alpha):
    thing = target("slipway-federation-x", "ClusterTarget")
    alpha.refuses("links are for single namespaces", DRY, thing)


def test_only_the_model_says_which_namespaces_take_part(alpha):
    alpha.run("create clusterrole test-labels --verb=get,patch,update --resource=namespaces")
    alpha.run("create clusterrolebinding test-labels --clusterrole=test-labels --group=owners")
    try:
        label = f"label --dry-run=server namespace {OWNER}"
        alpha.refuses("is in the site's model", f"{label} default multicluster-scheduler=enabled")
        alpha.refuses("is in the site's model", f"{label} shared multicluster-scheduler-")
        alpha.ask(f"{label} default colour=red")
    finally:
        alpha.ask("delete clusterrolebinding test-labels")
        alpha.ask("delete clusterrole test-labels")


@pytest.mark.parametrize(
    ("path", "spec"),
    [
        ("spec.volumes[].image", {"volumes": [{"name": "v", "image": {"reference": "x:1"}}]}),
        ("spec.resources", {"resources": {"limits": {"cpu": "1"}}}),
        ("spec.securityContext.supplementalGroupsPolicy",
         {"securityContext": {"supplementalGroupsPolicy": "Strict"}}),
        ("spec.hostnameOverride", {"hostnameOverride": "me"}),
    ],
)  # fmt: skip
def test_a_pod_that_would_lose_a_field_is_refused_by_its_name(alpha, path, spec):
    alpha.ask("wait --for=create serviceaccount/default -n shared --timeout=60s")
    elect = {"annotations": {"multicluster.admiralty.io/elect": ""}}
    alpha.refuses(f"{path} would be lost", DRY, pod(metadata=elect, **spec))
    alpha.ask(DRY, pod(**spec))  # one that stays at home keeps all it has

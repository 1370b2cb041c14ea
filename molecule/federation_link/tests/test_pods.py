"""Pods of one site that run in the other: real API servers, kubelets and containers.

The engine is the one that scripts/lab has: Admiralty where SLIPWAY_ADMIRALTY_DIR names it, else
the DOUBLE of tests/engine_double, which has neither logs nor exec of pods.
"""

import json
import os
from pathlib import Path

import pytest
import yaml
from clusters import Cluster, eventually

DOUBLE = not os.environ.get("SLIPWAY_ADMIRALTY_DIR")
ENGINE = "the engine's DOUBLE" if DOUBLE else "Admiralty"
SPACE = "-n shared"
#: An owner of the namespace burst, who has no rights in the cluster.
OWNER = "--as=olga --as-group=burst-owners"


@pytest.fixture(scope="module", autouse=True)
def engine():
    print(f"\nengine: {ENGINE}")


@pytest.fixture
def sites(host):
    """Both clusters, asked as their own administrators."""
    if host.backend.hostname != "alpha-control-1":
        pytest.skip("asked from alpha's side")
    from testinfra import get_host

    backend = host.backend
    other = get_host("ssh://beta-control-1", ssh_config=backend.ssh_config)
    return Cluster(host), Cluster(other)


def deployment(name, **annotations):
    """The runner under another name."""
    found = example("runner")
    found["metadata"]["name"] = name
    labels = {"app": name}
    found["spec"]["selector"]["matchLabels"] = found["spec"]["template"]["metadata"]["labels"] = (
        labels
    )
    found["spec"]["template"]["metadata"]["annotations"] |= annotations
    return found


def delegates(beta, name, space=SPACE):
    return beta.items("pods", f"multicluster.admiralty.io/app={name}", space)


def running(pods):
    return [p for p in pods if p["status"].get("phase") == "Running"]


def addresses(pods):
    return {pod["status"].get("podIP") for pod in pods}


def example(name):
    """A manifest that the documentation shows."""
    folder = Path(__file__).resolve().parents[3] / "docs" / "examples" / "federation"
    return yaml.safe_load((folder / f"{name}.yml").read_text())


@pytest.fixture
def runner(sites):
    alpha, beta = sites
    alpha.ask("apply -f -", example("runner"))
    eventually(lambda: len(running(delegates(beta, "runner"))) == 2)
    yield alpha, beta
    alpha.ask(f"delete deployment runner {SPACE} --ignore-not-found")
    eventually(lambda: not delegates(beta, "runner") and not alpha.items("pods", "app=runner"))


def test_a_deployments_pods_run_in_the_other_site(runner):
    alpha, beta = runner
    eventually(lambda: len(running(alpha.items("pods", "app=runner"))) == 2)
    nodes = {pod["spec"]["nodeName"] for pod in delegates(beta, "runner")}
    assert all(node.startswith("beta-") for node in nodes)
    # their state comes home with the address that they have there
    eventually(lambda: addresses(alpha.items("pods", "app=runner")) == addresses(
        running(delegates(beta, "runner"))))  # fmt: skip
    alpha.ask(f"scale deployment runner {SPACE} --replicas=1")
    eventually(lambda: len(delegates(beta, "runner")) == 1)


@pytest.fixture
def switched_on(sites):
    """Bursting is its namespace's owner's to switch on."""
    label = f"label namespace burst {OWNER} multicluster-scheduler"
    sites[0].ask(f"{label}=enabled")
    yield label
    sites[0].ask(f"{label}-")


def test_an_owner_without_rights_in_the_cluster_switches_a_namespace_off_and_on(sites, switched_on):
    alpha, _beta = sites
    alpha.refuses("forbidden", f"label namespace shared {OWNER} multicluster-scheduler-")
    alpha.refuses("and nothing else", f"label namespace burst {OWNER} colour=red")
    alpha.ask(f"{switched_on}-")
    thing = deployment("stays")
    thing["metadata"]["namespace"] = "burst"
    thing["spec"]["replicas"] = 1
    try:
        alpha.ask("apply -f -", thing)
        eventually(lambda: running(alpha.items("pods", "app=stays", "-n burst")))
        (pod,) = alpha.items("pods", "app=stays", "-n burst")
        assert pod["spec"]["nodeName"].startswith("alpha-")
        alpha.ask(f"{switched_on}=enabled")
        alpha.ask("delete pod -n burst -l app=stays")
        eventually(lambda: running(delegates(alpha, "stays", "-n burst")))
    finally:
        alpha.ask("delete deployment stays -n burst --ignore-not-found")
    eventually(lambda: not delegates(alpha, "stays", "-n burst"))


@pytest.mark.parametrize("graph", ["the other way round", "to itself"])
def test_other_graphs(sites, switched_on, graph):
    alpha, beta = sites
    source, space = (beta, "-n lent") if graph == "the other way round" else (alpha, "-n burst")
    thing = deployment("runner")
    thing["metadata"]["namespace"] = space.removeprefix("-n ")
    thing["spec"]["replicas"] = 1
    source.ask("apply -f -", thing)
    try:
        eventually(lambda: running(delegates(alpha, "runner", space)))
        (pod,) = running(delegates(alpha, "runner", space))
        assert pod["spec"]["nodeName"].startswith("alpha-")
        eventually(lambda: running(source.items("pods", "app=runner", space)))
        (proxy,) = source.items("pods", "app=runner", space)
        assert proxy["spec"]["nodeName"].startswith("admiralty-")
    finally:
        source.ask(f"delete deployment runner {space}")
    eventually(lambda: not delegates(alpha, "runner", space))


@pytest.mark.skipif(DOUBLE, reason="NOT TESTED: the engine's DOUBLE has no logs and no exec")
def test_logs_and_exec_reach_it(runner):
    alpha, _beta = runner
    pod = alpha.items("pods", "app=runner")[0]["metadata"]["name"]
    alpha.shows("hello from", f"logs {SPACE} {pod}")
    assert alpha.ask(f"exec {SPACE} {pod} -- hostname").startswith("runner-")


def test_a_jobs_result_comes_home_with_its_configuration_and_secret(sites):
    alpha, beta = sites
    alpha.ask(f"create configmap {SPACE} words --from-literal=said=quartz")
    alpha.ask(f"create secret generic {SPACE} key --from-literal=door=opal")
    try:
        alpha.ask("apply -f -", example("job"))
        alpha.ask(f"wait {SPACE} job/burst --for=condition=Complete --timeout=180s")
        assert {p["status"]["phase"] for p in delegates(beta, "burst")} == {"Succeeded"}
    finally:
        alpha.run(f"delete job,configmap,secret {SPACE} burst words key --ignore-not-found")
    eventually(lambda: not delegates(beta, "burst"))


def test_a_monitoring_pod_runs_in_the_site_of_every_link(sites):
    alpha, beta = sites
    alpha.ask("apply -f -", example("monitor"))
    try:
        eventually(lambda: running(delegates(beta, "monitor")))
        (there,) = delegates(beta, "monitor")
        assert "nodeSelector" not in there["spec"]
        eventually(lambda: running(alpha.items("pods", "app=monitor")))
        (here,) = alpha.items("pods", "app=monitor")
        assert here["spec"]["nodeName"].startswith("admiralty-shared-")
    finally:
        alpha.ask(f"delete daemonset monitor {SPACE}")
    eventually(lambda: not delegates(beta, "monitor"))


def test_a_pod_that_is_not_elected_stays_at_home(sites):
    alpha, beta = sites
    alpha.ask("apply -f -", example("stays"))
    try:
        eventually(lambda: running(alpha.items("pods", "app=home")))
        assert alpha.items("pods", "app=home")[0]["spec"]["nodeName"].startswith("alpha-")
        assert not delegates(beta, "home")
    finally:
        alpha.ask(f"delete pod home {SPACE} --grace-period=1")


def test_more_than_the_budget_is_refused_at_home_by_name(sites):
    alpha, beta = sites
    thing = deployment("greedy")
    thing["spec"]["replicas"] = 10
    alpha.ask("apply -f -", thing)
    try:
        alpha.shows("exceeded quota: slipway-federation", f"get events {SPACE}")
        eventually(lambda: len(running(delegates(beta, "greedy"))) == 8, 180)
    finally:
        alpha.ask(f"delete deployment greedy {SPACE}")
    eventually(lambda: not delegates(beta, "greedy"), 180)
    eventually(lambda: not beta.items("podchaperons"))
    (quota,) = beta.items("resourcequotas")
    assert quota["status"]["used"]["pods"] == "0"


def test_a_forged_manifest_is_not_what_is_run(sites):
    alpha, beta = sites
    evil = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "forged"},
            "spec": {"containers": [{"name": "c", "image": "evil:1"}]}}  # fmt: skip
    forged = {"multicluster.admiralty.io/sourcepod-manifest": json.dumps(evil)}
    alpha.ask("apply -f -", deployment("forged", **forged))
    try:
        eventually(lambda: delegates(beta, "forged"))
        images = {c["image"] for p in delegates(beta, "forged") for c in p["spec"]["containers"]}
        assert images == {"registry.lab/toolbox:1"}
        pod = alpha.items("pods", "app=forged")[0]["metadata"]["name"]
        change = (
            f"annotate pod {pod} {SPACE} --overwrite multicluster.admiralty.io/sourcepod-manifest=x"
        )
        assert "make the pod anew" in alpha.run(change).stderr
    finally:
        alpha.ask(f"delete deployment forged {SPACE}")
    eventually(lambda: not delegates(beta, "forged"))


def test_an_ingress_that_would_stop_the_engine_is_refused(sites):
    alpha, _beta = sites
    rule = {"host": "x.example"}
    thing = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "bad", "namespace": "shared"},
        "spec": {"rules": [rule]},
    }
    done = alpha.run("create --dry-run=server -f -", thing)
    assert "stops the federation's engine" in done.stderr

"""One source with two targets: real API servers, kubelets and containers.

The engine is the one that scripts/lab has; its DOUBLE spreads pods by their identities.
"""

import json
import os
from pathlib import Path

import pytest
import testinfra
import yaml
from clusters import Cluster, eventually

CHECKOUT = Path(__file__).resolve().parents[3]
EXAMPLES = CHECKOUT / "docs" / "examples" / "federation"
ENGINE = "Admiralty" if os.environ.get("SLIPWAY_ADMIRALTY_DIR") else "the engine's DOUBLE"
TARGETS = ("beta", "gamma")
APP = "multicluster.admiralty.io/app=runner"


@pytest.fixture(scope="module")
def ask():
    """``ask(site, arguments, thing)``: kubectl as the site's own administrator."""
    print(f"\nengine: {ENGINE}")
    config = str(CHECKOUT / ".lab" / os.environ["SLIPWAY_LAB"] / "ssh_config")
    hosts = {
        site: testinfra.get_host(f"ssh://{site}-control-1", ssh_config=config)
        for site in ("alpha", *TARGETS)
    }

    return lambda site, *what: Cluster(hosts[site]).ask(*what)


@pytest.fixture(scope="module")
def runner(ask):
    """Six pods of one Deployment, all of which run."""
    thing = yaml.safe_load((EXAMPLES / "runner.yml").read_text())
    thing["spec"]["replicas"] = 6
    ask("alpha", "apply -f -", thing)
    eventually(lambda: len(running(ask, "alpha", "app=runner")) == 6, 300)
    yield
    ask("alpha", "delete deployment runner -n shared --ignore-not-found")
    eventually(lambda: not any(pods(ask, site, APP) for site in TARGETS), 300)


def pods(ask, site, selector):
    return json.loads(ask(site, f"get pods -n shared -l {selector} -o json"))["items"]


def running(ask, site, selector):
    return [pod for pod in pods(ask, site, selector) if pod["status"].get("phase") == "Running"]


def test_the_namespace_has_a_virtual_node_for_each_target(ask):
    label = "virtual-kubelet.io/provider=admiralty"
    found = json.loads(ask("alpha", f"get nodes -l {label} -o json"))["items"]
    labels = [node["metadata"]["labels"] for node in found]
    key = "multicluster.admiralty.io/target-"
    names = {each[f"{key}name"] for each in labels if each[f"{key}namespace"] == "shared"}
    assert len(names) == 2


def test_pods_of_one_deployment_run_in_both_targets(ask, runner):
    there = {site: running(ask, site, APP) for site in TARGETS}
    assert sum(map(len, there.values())) == 6
    for site, found in there.items():
        assert found, f"none in {site}"
        assert all(pod["spec"]["nodeName"].startswith(f"{site}-") for pod in found)
    bound = {pod["spec"]["nodeName"] for pod in running(ask, "alpha", "app=runner")}
    assert len(bound) == 2, "at home they are on both virtual nodes"


def test_each_target_keeps_to_its_own_budget_and_knows_of_no_other(ask, runner):
    for site, most in (("beta", "8"), ("gamma", "4")):
        quotas = json.loads(ask(site, "get resourcequotas -n shared -o json"))["items"]
        assert {quota["spec"]["hard"]["pods"] for quota in quotas} == {most}
        other = next(each for each in TARGETS if each != site)
        for kind in ("rolebindings", "secrets", "configmaps"):
            assert other not in ask(site, f"get {kind} -n shared -o yaml")


def test_a_monitoring_pod_runs_in_each_target(ask):
    ask("alpha", "apply -f -", yaml.safe_load((EXAMPLES / "monitor.yml").read_text()))
    label = "multicluster.admiralty.io/app=monitor"
    try:
        for site in TARGETS:
            eventually(lambda where=site: len(running(ask, where, label)) == 1, 300)
        eventually(lambda: len(running(ask, "alpha", "app=monitor")) == 2, 300)
    finally:
        ask("alpha", "delete daemonset monitor -n shared")
    eventually(lambda: not any(pods(ask, site, label) for site in TARGETS), 300)

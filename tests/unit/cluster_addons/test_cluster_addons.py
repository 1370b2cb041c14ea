"""kubeadm's manifests as objects, from recorded output of kubeadm and kubectl."""

import json

import pytest
from ansible.module_utils.cluster_addons import AddonsSpec, ClusterAddons, SpecError
from ansible.module_utils.cluster_addons.manifests import (
    HASH,
    config,
    documents,
    manifests,
    on_machines,
)
from ansible.module_utils.converge import converge
from ansible.module_utils.system import System, recorded_key
from fakes.api_server import StandInApi

DESIRED = {
    "cluster": "alpha", "version": "1.36.3", "pod_subnet": "10.101.0.0/16",
    "service_subnet": "10.201.0.0/16", "image_repository": "registry.lab",
    "addons": ["kube-proxy"], "kube_proxy": {"mode": "nftables"},
}  # fmt: skip
SERVER = "https://192.0.2.1:6443"
PRINT = (
    "/usr/local/bin/kubeadm init phase addon kube-proxy --print-manifest --config "
    "/run/slipway/addons.json"
)  # fmt: skip
LOCAL = (
    "/usr/local/bin/kubectl", "patch", "--local", "--type", "merge", "--patch", "{}",
    "--output", "json", "-f", "-",
)  # fmt: skip


def objects(text):
    return [
        {"apiVersion": "v1", "kind": "ConfigMap",
         "metadata": {"name": "kube-proxy", "namespace": "kube-system"},
         "data": {"config.conf": text}},
        {
            "apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"name": "kube-proxy", "namespace": "kube-system"},
            "spec": {
                "template": {
                    "spec": {"volumes": [{"configMap": {"name": "kube-proxy"}}, {"hostPath": {}}]}
                }
            },
        },
    ]  # fmt: skip


def made(tmp_path, text):
    (tmp_path / "run/slipway").mkdir(parents=True, exist_ok=True)
    printed = "\n".join(json.dumps(each) for each in objects(text))
    answers = {PRINT: [0, "yaml", ""], recorded_key(LOCAL, "yaml"): [0, printed, ""]}
    (tmp_path / "commands.json").write_text(json.dumps(answers))
    return manifests(System(str(tmp_path)), AddonsSpec.parse(DESIRED), "kube-proxy", SERVER)


def test_pods_start_anew_when_their_configuration_changes(tmp_path):
    def digest(text):
        template = made(tmp_path, text)[1]["spec"]["template"]
        return template["metadata"]["annotations"][HASH]

    assert digest("a") == digest("a")
    assert digest("a") != digest("b")


def test_no_configuration_stays_behind(tmp_path):
    made(tmp_path, "a")
    assert list((tmp_path / "run/slipway").iterdir()) == []


def test_kubeadm_is_told_the_cluster_and_the_proxys_keys():
    cluster, proxy = documents(config(AddonsSpec.parse(DESIRED), SERVER).replace("---", ""))
    assert cluster["controlPlaneEndpoint"] == "192.0.2.1:6443"
    assert cluster["imageRepository"] == "registry.lab"
    assert proxy["mode"] == "nftables"


def test_addons_are_one_step_each_and_go_when_no_longer_named(tmp_path):
    made(tmp_path, "a")
    system, api = System(str(tmp_path)), StandInApi()
    api.server = SERVER
    api.kinds["apps/v1", "DaemonSet"] = ("daemonsets", True)

    def addons(names):
        spec = AddonsSpec.parse({**DESIRED, "addons": names})
        return converge(ClusterAddons(system, lambda: api, spec))

    assert [step["name"] for step in addons(["kube-proxy"]).steps] == ["addon:kube-proxy"]
    assert addons(["kube-proxy"]).changed is False
    assert addons([]).changed
    assert not any("daemonsets" in path for path in api.store)


def test_check_mode_before_the_cluster_says_which():
    spec = AddonsSpec.parse(DESIRED)
    planned = converge(ClusterAddons(System("/nowhere"), lambda: None, spec), check=True)
    assert [step["name"] for step in planned.steps] == ["addon:kube-proxy"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"addons": ["dns"]}, "addons: dns is none of"),
        ({"kube_proxy": []}, "kube_proxy: must be a mapping"),
        ({"wat": 1}, "wat: unknown key"),
    ],
)
def test_bad_addons_name_the_key(change, says):
    with pytest.raises(SpecError, match=says):
        AddonsSpec.parse({**DESIRED, **change})


def test_pods_of_every_node_are_not_of_virtual_ones():
    made = on_machines(objects("x")[1])
    (term,) = made["spec"]["template"]["spec"]["affinity"]["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [
        {"key": "virtual-kubelet.io/provider", "operator": "DoesNotExist"}
    ]

"""cluster_control_plane on a node whose kubeadm, kubectl and kubelet are stand-ins."""

import json

import pytest
from ansible.module_utils.cluster_control_plane import (
    ControlPlaneSpec,
    Serving,
    SpecError,
    Upkeep,
    static_pods,
)
from ansible.module_utils.cluster_control_plane.discovery import BINDING
from ansible.module_utils.cluster_control_plane.node import COMPONENTS
from ansible.module_utils.cluster_kubeadm import api_server, paths
from ansible.module_utils.converge import Clock, ConvergeError, converge
from ansible.module_utils.system import Output, System

DESIRED = {
    "kubeadm": {
        "cluster": "alpha", "version": "1.36.3", "node": "control-1", "role": "control-plane",
        "address": "192.0.2.31", "endpoint": "192.0.2.9:6443", "pod_subnet": "10.101.0.0/16",
        "service_subnet": "10.201.0.0/16", "issuer": "https://alpha.example",
    },
    "cluster_wide": True,
}  # fmt: skip
CLOCK = Clock(sleep=lambda seconds: None)


class StandInControlPlane(System):
    """kubeadm's phases write one line for each component; kubelet starts what a manifest says."""

    def __init__(self, root):
        super().__init__(str(root))
        self.days, self.serves, self.binding, self.config = 364, True, None, ""
        self.timer = "inactive"
        self.ran = []

    def run(self, *argv, check=True, timeout=120, stdin=None):
        self.ran.append(argv)
        return self.answer([*argv], stdin)

    def sleep(self, seconds):
        pass

    def answer(self, argv, stdin):
        if "--dry-run" in argv or "control-plane" in argv:
            place = static_pods.DRY if "--dry-run" in argv else paths.MANIFESTS
            for component in COMPONENTS:
                self.write_file(f"{place}/{component}.yaml", manifest_of(self, component))
            self.kubelet()
        if "upload-config" in argv:
            self.config = self.read(static_pods.CONFIG)
        if "check-expiration" in argv:
            one = {"name": "apiserver", "residualTime": self.days * 86400 + 5,
                   "externallyManaged": False, "missing": False}  # fmt: skip
            return Output(0, "W1 a warning\n" + json.dumps({"certificates": [one]}), "")
        if argv[1:3] == ["certs", "renew"]:
            self.days = 364
        if argv[0] == paths.KUBECTL:
            return self.kubectl(argv, stdin)
        if argv[:2] == ["systemctl", "restart"] and "kubelet" in argv:
            self.serves = True
        if argv[:2] == ["systemctl", "restart"]:
            self.timer = "active"
        if argv[1] in ("is-active", "is-enabled"):
            on = self.timer == "active"
            return Output(0, {"is-active": "active", "is-enabled": "enabled"}[argv[1]] * on, "")
        return Output(0, "", "")

    def kubectl(self, argv, stdin):
        if "/readyz" in argv:
            return Output(0, "ok" if self.serves else "", "")
        if "configmap" in argv:
            found = json.loads(self.config.split("---\n")[1]) if self.config else {}
            env = found.get("apiServer", {}).get("extraEnvs", [{}])[0]
            return Output(0, f"- name: x\n  value: {env.get('value')}\n", "")
        if "create" in argv:
            self.binding = json.loads(stdin)
        if "delete" in argv:
            self.binding = None
        return Output(0, json.dumps(self.binding) if self.binding else "", "")

    def kubelet(self):
        for number, component in enumerate(COMPONENTS, 100):
            text = self.read(f"{paths.MANIFESTS}/{component}.yaml") or ""
            if text:
                words = [component, *(line[6:] for line in text.splitlines() if "- --" in line)]
                self.write_file(f"/proc/{number}/cmdline", "\0".join(words))
                self.write_file(f"/proc/{number}/environ", "")


def manifest_of(node, component):
    given = node.read(static_pods.CONFIG).split("---\n")[1]
    days = next(
        each["value"] for each in json.loads(given)["apiServer"]["extraArgs"]
        if each["name"] == "audit-log-maxage"
    )  # fmt: skip
    return f"spec:\n    - {component}\n    - --advertise-address=192.0.2.31\n    - --days={days}\n"


@pytest.fixture
def node(tmp_path):
    """A node that kubeadm has made a control plane, with nothing else done."""
    made = StandInControlPlane(tmp_path)
    made.write_file(paths.NODE, "")
    api_server.begin(made)
    spec = parsed().kubeadm
    static_pods.phase(made, spec, "control-plane", "all")
    static_pods.phase(made, spec, "upload-config", "kubeadm")
    return made


def parsed(**changes):
    return ControlPlaneSpec.parse({**DESIRED, **changes})


def names(result):
    return [step["name"] for step in result.steps]


def serving(node, **changes):
    return converge(Serving(node, parsed(**changes)), clock=CLOCK)


def upkeep(node, **changes):
    return converge(Upkeep(node, parsed(**changes)), clock=CLOCK)


def test_what_kubeadm_has_made_needs_no_change_and_the_rest_is_added_once(node):
    assert not serving(node).changed
    assert names(upkeep(node)) == [
        "rbac:issuer-discovery", "file:slipway-etcd-snapshot", "file:slipway-etcd-snapshot.service",
        "file:slipway-etcd-snapshot.timer", "timer:etcd-snapshot",
    ]  # fmt: skip
    assert node.binding == BINDING
    assert not upkeep(node).changed


def test_a_bare_node_is_told_only_what_kubeadm_will_not_do(tmp_path):
    bare = StandInControlPlane(tmp_path)
    assert names(converge(Serving(bare, parsed()), check=True)) == []
    assert names(converge(Upkeep(bare, parsed()), check=True))[0] == "rbac:issuer-discovery"
    assert not any(argv[0] in (paths.KUBEADM, paths.KUBECTL) for argv in bare.ran)


def test_manifests_and_files_that_differ_are_made_anew(node):
    node.write_file(f"{paths.MANIFESTS}/kube-scheduler.yaml", "else")
    node.write_file(api_server.ADMISSION, "{}")
    assert names(serving(node)) == ["file:admission.json", "static-pod:kube-scheduler"]
    assert not serving(node).changed


def test_a_changed_setting_reaches_the_pods_and_what_joins(node):
    changed = {"kubeadm": {**DESIRED["kubeadm"], "audit_days": 7}}
    assert "static-pod:kube-apiserver" in names(serving(node, **changed))
    assert "kubeadm-config" in names(upkeep(node, **changed))
    assert "kubeadm-config" not in names(upkeep(node, **changed))


def test_issuers_that_another_has_added_stay(node):
    jwt = [{"issuer": {"url": "https://beta.example"}}]
    node.write_file(api_server.AUTHENTICATION, json.dumps({"jwt": jwt, "anonymous": {}}))
    assert names(serving(node)) == ["file:authentication.json"]
    assert api_server.trusted(node.read(api_server.AUTHENTICATION)) == jwt


@pytest.mark.parametrize("text", [None, "", "no JSON", "{}"])
def test_a_lost_key_is_never_made_anew(node, text):
    node.remove(api_server.ENCRYPTION)
    if text is not None:
        node.write_file(api_server.ENCRYPTION, text)
    with pytest.raises(ConvergeError, match="encryption-key"):
        serving(node)
    assert node.read(api_server.ENCRYPTION) == text


def test_the_key_is_in_no_fact(node):
    text = node.read(api_server.ENCRYPTION)
    key = json.loads(text)["resources"][0]["providers"][0]["secretbox"]["keys"][0]["secret"]
    assert key not in json.dumps(Serving(node, parsed()).observe())


def test_an_api_server_that_does_not_answer_is_started_again(node):
    node.serves = False
    assert names(serving(node)) == ["api-server"]


def test_certificates_that_end_soon_are_renewed_and_their_readers_restarted(node, monkeypatch):
    from ansible.module_utils.cluster_control_plane.certificates import READERS, Certificates

    upkeep(node)
    monkeypatch.setattr(Certificates, "_runs", lambda self, program: None)
    node.days = 59
    restarts = [f"certificates:restart:{program}" for program in READERS]
    assert names(upkeep(node)) == ["certificates:renew", *restarts]
    assert not upkeep(node).changed
    node.days = 60
    assert not upkeep(node).changed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kubeadm": None}, "kubeadm"),
        ({"certificate_days": 365}, "certificate_days"),
        ({"snapshot_keep": 0}, "snapshot_keep"),
        ({"snapshot_calendar": "a\nb"}, "snapshot_calendar"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(change, words):
    with pytest.raises(SpecError, match=words):
        parsed(**change)

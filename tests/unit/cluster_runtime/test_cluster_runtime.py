"""cluster_runtime on a stand-in node: files below a folder; systemctl and ctr are stand-ins."""

import hashlib
import json
import os

import pytest
from ansible.module_utils.cluster_runtime import ClusterRuntime, RuntimeSpec, SpecError
from ansible.module_utils.cluster_runtime import services as services_of
from ansible.module_utils.converge import ConvergeError, converge, failed
from ansible.module_utils.system import Output, System
from fakes.crash import CutPoints, cut_everywhere

CTR = "/usr/local/bin/ctr"


class StandInNode(CutPoints, System):
    """containerd "runs" since the restart; its images are what was imported."""

    def __init__(self, root):
        super().__init__(str(root))
        self.images, self.units, self.started = {}, {}, None
        for name in ("ctr", "kubeadm", "kubectl"):  # the distribution's
            self.write_file(f"/usr/local/bin/{name}", name)

    def execute(self, argv):
        if argv[:2] == ("systemctl", "show"):
            unit = argv[-1]
            if "--property=MainPID" in argv:
                return f"MainPID={1 if self.started else 0}\n"
            active = "active" if unit == "containerd.service" and self.started else "inactive"
            return f"ActiveState={active}\nUnitFileState={self.units.get(unit, 'disabled')}\n"
        if argv[:2] == ("systemctl", "restart"):
            self.started = max(
                (os.stat(self.path(p)).st_ctime for p in (services_of.CONFIG,)), default=0
            ) + 1  # fmt: skip
        elif argv[:2] == ("systemctl", "enable"):
            self.units[argv[-1]] = "enabled"
        elif argv[0] == CTR and "import" in argv:
            with open(argv[-1]) as archive:
                name = archive.read()
            self.images[name] = f"sha256:{len(self.images)}"
        elif argv[0] == CTR:
            rows = [f"{name} type {digest} 1" for name, digest in self.images.items()]
            return "\n".join(["REF TYPE DIGEST SIZE", *rows])
        return ""

    def run(self, *argv, check=True, timeout=120, stdin=None):
        return super().run(*argv, check=check)

    def _recorded(self, argv, stdin):
        return Output(0, self.execute(argv), "")


@pytest.fixture
def new_node(tmp_path, monkeypatch):
    monkeypatch.setattr(services_of, "began", lambda system, pid: system.started)
    count = iter(range(10_000))

    def make():
        root = tmp_path / f"node-{next(count)}"
        root.mkdir()
        (root / "var/lib").mkdir(parents=True)
        return StandInNode(root)

    return make


@pytest.fixture
def desired(tmp_path):
    def artifact(name, text, **more):
        file = tmp_path / name.replace("/", "-")
        file.write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return {"name": name, "url": f"file://{file}", "sha256": digest, **more}

    return {
        "artifacts": [
            artifact("containerd", "c", path="/usr/local/bin/containerd"),
            artifact("kubelet", "k", path="/usr/local/bin/kubelet"),
        ],
        "images": [artifact("registry.lab/pause:1", "registry.lab/pause:1")],
        "sandbox_image": "registry.lab/pause:1",
    }


def subject(node, desired):
    return ClusterRuntime(node, RuntimeSpec.parse(desired))


def names(result):
    return [step["name"] for step in result.steps]


def test_all_steps_in_order_and_then_none_on_stand_in(new_node, desired):
    node = new_node()
    planned = names(converge(subject(node, desired), check=True))
    result = converge(subject(node, desired))
    assert names(result) == planned == [
        "artifact:containerd", "artifact:kubelet", "file:config.toml", "file:containerd.service",
        "file:kubelet.service", "service:containerd", "enable:containerd", "enable:kubelet",
        "image:registry.lab/pause:1",
    ]  # fmt: skip
    assert os.stat(node.path("/usr/local/bin/kubelet")).st_mode & 0o777 == 0o755
    again = subject(node, desired)
    assert not converge(again).changed
    assert failed(again.verify(again.observe())) == []


def test_a_file_of_another_content_is_not_installed(new_node, desired):
    node = new_node()
    desired["artifacts"][0]["sha256"] = "0" * 64
    with pytest.raises(ConvergeError, match="pinned is 0000"):
        converge(subject(node, desired))
    assert not node.exists("/usr/local/bin/containerd")
    assert not node.exists("/usr/local/bin/containerd.partial")


def test_a_program_that_is_nowhere_is_named(new_node, desired):
    node = new_node()
    node.remove("/usr/local/bin/kubeadm")
    with pytest.raises(ConvergeError, match="kubeadm: neither pinned nor on this node"):
        converge(subject(node, desired))
    assert not node.exists("/usr/local/bin/containerd")


def test_what_drifted_is_corrected_on_stand_in(new_node, desired):
    node = new_node()
    converge(subject(node, desired))
    node.write_file("/usr/local/bin/kubelet", "another", 0o755)
    os.chmod(node.path("/usr/local/bin/containerd"), 0o777)
    node.images.clear()
    seen = subject(node, desired)
    assert {c.name for c in failed(seen.verify(seen.observe()))} == {
        "/usr/local/bin/kubelet is the pinned one", "image registry.lab/pause:1",
    }  # fmt: skip
    assert names(converge(subject(node, desired))) == [
        "artifact:containerd", "artifact:kubelet", "service:containerd",
        "image:registry.lab/pause:1",
    ]  # fmt: skip


def test_containerd_restarts_with_its_configuration_only(new_node, desired):
    node = new_node()
    converge(subject(node, desired))
    changed = {**desired, "cgroup_driver": "cgroupfs"}
    assert names(converge(subject(node, changed))) == ["file:config.toml", "service:containerd"]
    assert "SystemdCgroup = false" in node.read(services_of.CONFIG)


def test_a_broken_record_is_made_anew(new_node, desired):
    node = new_node()
    converge(subject(node, desired))
    node.write_file("/var/lib/slipway/artifacts.json", "{")
    result = converge(subject(node, desired))
    assert names(result) == ["image:registry.lab/pause:1"]  # files prove themselves


def test_cut_at_every_step_and_change_and_run_again_on_stand_in(new_node, desired):
    cut_everywhere(new_node, lambda node: subject(node, desired))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"artifacts": [{}]}, r"artifacts\[0\].name: missing"),
        ({"images": [{"name": "a", "url": "file:///a", "sha256": "x"}]}, r"images\[0\].sha256"),
        ({"sandbox_image": None}, "sandbox_image"),
        ({"colour": 1}, "colour"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(desired, change, words):
    with pytest.raises(SpecError, match=words):
        RuntimeSpec.parse({**desired, **change})


def test_two_artifacts_of_one_path(desired):
    desired["artifacts"][1]["path"] = "/usr/local/bin/containerd"
    with pytest.raises(SpecError, match="two are for"):
        RuntimeSpec.parse(json.loads(json.dumps(desired)))

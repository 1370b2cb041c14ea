"""Kayobe's commands in order, on a recording stand-in of Kayobe."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from ansible.module_utils.cloud_deploy import STEPS, CloudDeploy, DeploySpec
from ansible.module_utils.cloud_deploy.commands import inputs, words
from ansible.module_utils.cloud_deploy.program import Program
from ansible.module_utils.converge import ConvergeError, converge
from ansible.module_utils.system import System
from fakes.recording_kayobe import RecordingKayobe

USUAL = ("inventory-discover", "host-configure", "image-pull", "service-deploy", "post-configure")
LINES = [
    "overcloud inventory discover",
    "overcloud host configure --skip-tags network",
    "overcloud container image pull",
    "overcloud service deploy",
    "overcloud post configure",
]
BROKEN = """\
PLAY [Deploy] ****
TASK [nova-cell : Start nova-compute] ****
fatal: [compute-1]: FAILED! => {"msg": "no such image", "password": "hunter2"}
"""


class Deployment:
    def __init__(self, top: Path) -> None:
        self.folder, self.log = top / "kayobe", top / "logs" / "deploy.log"
        self.kayobe = RecordingKayobe(top / "bin")
        self.told: list[str] = []
        for path in ("networks.yml", "kolla/globals.yml", "kolla/config/nova.conf", "ironic.yml"):
            self.write(path, "a: 1\n")

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run(self, check=False, **more):
        environment = {"KAYOBE_CONFIG_PATH": str(self.folder), "SLIPWAY_HOME": "/home"}
        program = Program(
            str(self.kayobe.program), str(self.folder), environment, str(self.log), self.told.append
        )
        wanted = {"release": "2026.1", "steps": USUAL, **more}
        spec = DeploySpec(folder=str(self.folder), **wanted)
        return converge(CloudDeploy(System(), spec, program), check=check)

    def ran(self):
        """Commands since the last time that this was asked."""
        seen = self.kayobe.commands
        (self.kayobe.folder / "calls.jsonl").unlink(missing_ok=True)
        return seen


@pytest.fixture
def deployment(tmp_path):
    return Deployment(tmp_path)


def test_check_mode_runs_nothing_and_announces_all(deployment):
    result = deployment.run(check=True)
    assert [step["after"] for step in result.steps] == [f"kayobe {line}" for line in LINES]
    assert deployment.ran() == []


def test_all_in_order_once(deployment):
    assert deployment.run().changed
    assert deployment.ran() == LINES
    assert not deployment.run().changed
    assert deployment.ran() == []


def test_a_failure_stops_with_the_tasks_own_words_and_the_next_run_goes_on_there(deployment):
    deployment.kayobe.answer("overcloud service deploy", BROKEN, status=2)
    with pytest.raises(ConvergeError) as caught:
        deployment.run()
    said = str(caught.value)
    assert "nova-cell : Start nova-compute: compute-1: no such image" in said
    assert str(deployment.log) in said and "hunter2" not in said
    assert deployment.ran() == LINES[:4]
    deployment.kayobe.works()
    deployment.run()
    assert deployment.ran() == LINES[3:]


@pytest.mark.parametrize(
    ("path", "again"),
    [
        ("kolla/config/nova.conf", LINES[3:4]),
        ("kolla/globals.yml", LINES[2:5]),
        ("networks.yml", [LINES[0], LINES[1], LINES[3], LINES[4]]),
        ("ironic.yml", LINES[2:5]),
        ("network-allocation.yml", []),
        ("kolla/passwords.yml", []),
        (".git/index", []),
        ("hooks/overcloud-host-configure/post.d/1.yml", LINES[1:2]),
    ],
)
def test_a_changed_file_runs_what_depends_on_it(deployment, path, again):
    deployment.run()
    deployment.ran()
    deployment.write(path, "a: 2\n")
    deployment.run()
    assert deployment.ran() == again


def test_a_step_can_be_asked_for_again(deployment):
    deployment.run()
    deployment.ran()
    deployment.run(again=("service-deploy",))
    assert deployment.ran() == LINES[3:4]


def test_a_run_for_some_hosts_is_not_remembered(deployment):
    deployment.run(steps=("service-deploy",), limit="compute-1")
    assert deployment.ran() == ["overcloud service deploy --limit compute-1"]
    deployment.run(steps=("service-deploy",))
    assert deployment.ran() == ["overcloud service deploy"]


def test_the_limit_has_another_name_in_each_release():
    for release, more in (("2025.2", ["--kolla-limit", "a"]), ("2026.1", [])):
        found = words("service-deploy", release, "a", "kit", "")
        assert found == ["overcloud", "service", "deploy", "--limit", "a", *more]
        found = words("host-configure", release, "a", "kayobe", "")
        assert found == ["overcloud", "host", "configure", "--limit", "a"]


def test_another_release_than_kayobes_is_refused(deployment):
    with pytest.raises(ConvergeError, match=r"Kayobe 20 is not that of OpenStack 2025\.2"):
        deployment.run(release="2025.2")
    assert deployment.ran() == []


def test_without_kayobe_or_its_folder_it_says_so(deployment, tmp_path):
    deployment.kayobe.program.unlink()
    with pytest.raises(ConvergeError, match="is not installed here"):
        deployment.run()
    deployment.folder = tmp_path / "nowhere"
    with pytest.raises(ConvergeError, match=r"nowhere is not there"):
        deployment.run()


def test_in_check_mode_the_folder_may_only_be_announced(deployment, tmp_path):
    deployment.folder = tmp_path / "nowhere"
    assert len(deployment.run(check=True, announced=True).steps) == len(USUAL)


def test_an_unknown_step_is_named(deployment):
    with pytest.raises(ValueError, match="no step 'deploy'; known: control-host-bootstrap"):
        deployment.run(steps=("deploy",))


def test_progress_is_told_without_results_and_the_log_is_private(deployment, monkeypatch):
    monkeypatch.setenv("ANSIBLE_CONFIG", "/kit/ansible.cfg")
    deployment.kayobe.answer("overcloud service deploy", BROKEN, status=2)
    with pytest.raises(ConvergeError):
        deployment.run()
    assert "kayobe overcloud service deploy" in deployment.told
    assert "TASK [nova-cell : Start nova-compute]" in deployment.told
    assert not any("hunter2" in line for line in deployment.told)
    assert stat.S_IMODE(os.stat(deployment.log).st_mode) == 0o600
    assert "hunter2" in deployment.log.read_text()
    call = deployment.kayobe.calls[0]
    assert call["environment"] == {
        "KAYOBE_CONFIG_PATH": str(deployment.folder), "SLIPWAY_HOME": "/home",
    }  # fmt: skip
    assert call["directory"] == str(deployment.folder)


def test_a_step_that_was_begun_counts_as_not_run(deployment):
    deployment.run()
    deployment.ran()
    deployment.kayobe.answer("overcloud host configure", "broken", status=1)
    with pytest.raises(ConvergeError, match="broken"):
        deployment.run(again=("host-configure",))
    deployment.kayobe.works()
    deployment.ran()
    deployment.run()
    assert deployment.ran() == LINES[1:2]


def test_two_runs_at_once_are_refused(deployment):
    import fcntl

    handle = os.open(deployment.folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(ConvergeError, match="another run deploys from"):
        deployment.run()
    os.close(handle)


def test_a_record_that_cannot_be_read_runs_all_again(deployment):
    deployment.run()
    deployment.ran()
    (deployment.folder / ".slipway-deploy.json").write_text("{")
    deployment.run()
    assert deployment.ran() == LINES


def test_every_step_depends_on_something_it_reads():
    paths = ["networks.yml", "kolla.yml", "inventory/hosts", "kolla/globals.yml"]
    for name in STEPS:
        found = inputs(name, paths)
        assert ("networks.yml" in found) == (name not in ("control-host-bootstrap", "image-pull"))


def test_the_record_holds_digests_only(deployment):
    deployment.run()
    found = json.loads((deployment.folder / ".slipway-deploy.json").read_text())
    assert set(found) == set(USUAL) and all(len(value) == 64 for value in found.values())

"""playbooks/cloud.yml as an operator runs it, on a recording stand-in of Kayobe."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.recording_kayobe import RecordingKayobe

CHECKOUT = Path(__file__).resolve().parents[3]
SECRET = "correct-horse-battery"


class Operator:
    def __init__(self, top: Path) -> None:
        self.folder, self.own = top / "kayobe", top / "own"
        self.own.mkdir()
        self.stand_in = RecordingKayobe(top / "bin")
        self.printed = ""

    def run(self, *more: str, deploy: bool = True) -> dict[str, int]:
        """The recap's counts; ``printed`` is all that was said."""
        variables = {
            "cloud_config_folder": str(self.folder), "cloud_deploy_folder": str(self.folder),
            "cloud_config_own": str(self.own), "cloud_deploy_kayobe": deploy,
            "cloud_deploy_program": str(self.stand_in.program),
        }  # fmt: skip
        ran = subprocess.run(
            [str(Path(sys.executable).parent / "ansible-playbook"), "playbooks/cloud.yml",
             "-i", "inventories/example-rack", "-e", json.dumps(variables),
             "--tags", "config,deploy", *more],
            cwd=CHECKOUT, capture_output=True, text=True, check=False,
            env={**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
                 "ANSIBLE_NOCOLOR": "1"},
        )  # fmt: skip
        self.printed = ran.stdout + ran.stderr
        recap = re.search(r"localhost\s+: (.*)", ran.stdout)
        assert recap, self.printed
        return {key: int(count) for key, count in re.findall(r"(\w+)=(\d+)", recap[1])}


@pytest.fixture
def operator(tmp_path):
    return Operator(tmp_path)


def test_check_run_again_and_a_failure(operator):
    (operator.own / "kolla.yml").write_text(f"kolla_enable_heat: false\nmy_password: {SECRET}\n")
    counts = operator.run("--check", "--diff")
    assert counts["failed"] == 0 and counts["changed"] == 2
    assert not operator.folder.exists() and operator.stand_in.commands == []
    assert "device_spec" in operator.printed
    said = [operator.printed]

    operator.stand_in.answer(
        "overcloud service deploy",
        'TASK [nova : Start] ****\nfatal: [control-1]: FAILED! => {"msg": "no image"}', status=2,
    )  # fmt: skip
    counts = operator.run("--diff")
    assert counts["failed"] == 1 and "nova : Start: control-1: no image" in operator.printed
    assert "kolla.yml: my_password is in plain text" in " ".join(operator.printed.split())
    assert "kayobe overcloud host configure --skip-tags network" in operator.printed
    said.append(operator.printed)

    operator.stand_in.works()
    assert operator.run()["failed"] == 0
    assert operator.stand_in.commands[-2:] == [
        "overcloud service deploy",
        "overcloud post configure",
    ]
    environment = operator.stand_in.calls[-1]["environment"]
    assert environment["SLIPWAY_HOME"] == str(CHECKOUT)
    assert environment["SLIPWAY_INVENTORY"] == str(CHECKOUT / "inventories/example-rack")
    assert not [name for name in environment if name.startswith("ANSIBLE_")]
    said.append(operator.printed)

    counts = operator.run()
    assert counts["changed"] == 0 and counts["failed"] == 0
    assert not any(SECRET in text for text in said)


def test_a_site_without_a_deployment_is_left_alone(operator):
    counts = operator.run("-e", json.dumps({"site_openstack": {"release": "2026.1"}}))
    assert counts["failed"] == 0 and counts["changed"] == 0
    assert not operator.folder.exists() and operator.stand_in.commands == []

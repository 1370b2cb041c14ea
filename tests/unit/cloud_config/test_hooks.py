"""Kayobe's hooks as Kayobe runs them: by ansible-playbook, with Kayobe's own settings around."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.module_utils.cloud_config.hooks import FOLDER, hooks

PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
RECORDER = '#!/bin/sh\nenv > "$(dirname "$0")/environment"\necho "$@" > "$(dirname "$0")/words"\n'


@pytest.fixture
def run(tmp_path):
    def run(desired, name, *options, **environment):
        for path, text in hooks(desired).items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        usual = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "SLIPWAY_"))}
        return subprocess.run(
            [str(PLAYBOOK), "-i", "localhost,", "-c", "local", *options,
             "-e", f"ansible_python_interpreter={sys.executable}",
             str(tmp_path / FOLDER / name)],
            capture_output=True, text=True, check=False, cwd=tmp_path,
            env={**usual, "ANSIBLE_NOCOLOR": "1", **environment},
        )  # fmt: skip

    return run


def test_kayobe_may_not_write_the_networks_of_the_kit(run, rack):
    name = "pre.d/10-slipway-network.yml"
    refused = run(rack, name)
    assert refused.returncode and "Add --skip-tags network" in " ".join(refused.stdout.split())
    assert run(rack, name, "--skip-tags", "network").returncode == 0


def test_the_host_layer_is_run_without_kayobes_settings(run, rack, tmp_path):
    home = tmp_path / "kit"
    program = home / ".venv/bin/ansible-playbook"
    program.parent.mkdir(parents=True)
    program.write_text(RECORDER)
    program.chmod(0o755)
    (tmp_path / "kayobe.cfg").write_text("[defaults]\n")
    ran = run(
        rack, "post.d/50-slipway-hosts.yml", SLIPWAY_HOME=str(home), SLIPWAY_INVENTORY="/a site",
        ANSIBLE_ROLES_PATH="/kayobes", ANSIBLE_CONFIG=str(tmp_path / "kayobe.cfg"),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
    words = (program.parent / "words").read_text().strip()
    assert words == f"-i /a site {home}/playbooks/hosts.yml"
    environment = (program.parent / "environment").read_text()
    assert "/kayobes" not in environment and "ANSIBLE_CONFIG" not in environment


def test_without_the_kits_place_it_says_so(run, rack):
    ran = run(rack, "post.d/50-slipway-hosts.yml")
    assert ran.returncode and "set SLIPWAY_HOME" in " ".join(ran.stdout.split())

"""Mistakes of people: one message that says what to do, and exit status 1 or 2."""

import subprocess
from pathlib import Path

import pytest

from lab import cli, hostpackages
from lab.instance import Lab
from lab.paths import CHECKOUT, Paths


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """No instance of this checkout is touched."""
    monkeypatch.setattr(Paths, "of", classmethod(lambda cls, _=None: cls(tmp_path, "default")))


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["ssh", "host-1", "true"], "scripts/lab start host-1"),
        (["ssh", "hots-1", "true"], "host-1…host-9"),
        (["link", "host-1", "p2", "down"], "management, p0, p1"),
        (["switch"], "scripts/lab start"),
        (["switch", "mtu", "switchdev-1", "1500"], "host-N"),
        (["deploy"], "scripts/lab start"),
        (["demo"], "scripts/lab start alpha-control-1 beta-control-1"),
        (["sites", "cut"], "scripts/lab start"),
        (["save", "a/b"], "no machine runs"),
        (["start", "--state", "none"], "scripts/lab save none"),
    ],
)
def test_errors_say_what_to_do(argv, words, capsys):
    assert cli.main(argv) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_ansible_gets_what_the_lab_does_not_know(monkeypatch):
    seen = []
    monkeypatch.setattr(
        cli.playbooks, "playbook", lambda _, name, words: seen.append((name, words))
    )
    assert cli.main(["deploy", "--check", "--diff", "-e", "x=1"]) == 0
    assert cli.main(["verify"]) == 0
    assert seen == [("hosts", ["--check", "--diff", "-e", "x=1"]), ("verify", [])]


def test_other_verbs_refuse_what_they_do_not_know(capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["start", "--frehs"])
    assert "--frehs" in capsys.readouterr().err


def test_status_of_nothing(capsys):
    assert cli.main(["status"]) == 0
    assert Lab().status() == []


def test_without_root_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr(hostpackages.os, "geteuid", lambda: 1000)
    assert cli.main(["start"]) == 1
    assert "root" in capsys.readouterr().err


def test_other_systems_get_the_list_of_packages(monkeypatch, capsys):
    release = {"ID": "ubuntu", "VERSION_ID": "24.04", "PRETTY_NAME": "Ubuntu 24.04"}
    monkeypatch.setattr(hostpackages, "os_release", lambda: release)
    monkeypatch.setattr(hostpackages, "missing", lambda _commands: ["qemu-system-x86"])
    monkeypatch.setattr(hostpackages.os, "geteuid", lambda: 0)
    assert cli.main(["packages"]) == 1
    error = capsys.readouterr().err
    assert "Ubuntu 24.04" in error
    assert "qemu-system-x86" in error


def test_it_starts_with_the_distributions_python_before_there_is_a_venv():
    python = "/usr/bin/python3"
    version = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    if not Path(python).exists() or subprocess.run(version).returncode:
        pytest.skip("the distribution has no Python 3.11 or newer")
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-m", "lab", "--help"]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "clusters" in done.stdout

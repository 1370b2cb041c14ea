"""How scripts/test chooses, counts and complains."""

import subprocess
import sys

import pytest

from common import CHECKOUT, Stop
from lab.paths import Paths
from testing import job, lint, molecule, pytests, report
from testing.phases import Phase

JUNIT = """<?xml version="1.0"?>
<testsuites><testsuite tests="7" failures="1" errors="1" skipped="2"/></testsuites>"""


@pytest.fixture
def logs(tmp_path, monkeypatch):
    monkeypatch.setattr(job, "LOGS", tmp_path)
    return tmp_path


def python(name: str, code: str, **more) -> job.Job:
    return job.Job(name, [sys.executable, "-c", code], **more)


def test_a_command_counts_as_one(logs):
    jobs = [python("good", "pass"), python("bad", "print('why'); exit(3)")]
    for each in jobs:
        each.run()
    assert [(each.passed, each.failed) for each in jobs] == [(1, 0), (0, 1)]
    assert "why" in (logs / "test" / "bad.log").read_text()


def test_a_command_that_cannot_start_fails_with_the_reason(logs):
    missing = job.Job("missing", ["no-such-command"])
    missing.run()
    assert missing.failed == 1
    assert "no-such-command" in missing.log.read_text()


def test_junit_is_counted(logs):
    write = f"open({str(logs / 'unit.xml')!r}, 'w').write({JUNIT!r}); exit(1)"
    each = python("unit", write, junit=logs / "unit.xml")
    each.run()
    assert (each.passed, each.failed, each.skipped) == (3, 2, 2)


def test_what_a_good_log_does_not_have(logs):
    jobs = [python(f"j{n}", f"print({n * 'x'!r})", forbidden="xx") for n in (1, 2)]
    for each in jobs:
        each.run()
    assert [(each.passed, each.failed) for each in jobs] == [(1, 0), (0, 1)]
    assert "'xx' is above" in jobs[1].log.read_text()


def test_an_old_junit_file_is_not_counted(logs):
    (logs / "unit.xml").write_text(JUNIT)
    each = python("unit", "exit(4)", junit=logs / "unit.xml")
    each.run()
    assert (each.passed, each.failed) == (0, 1)


def test_last_line_is_the_sum(logs, capsys):
    phases = [Phase("a", [python("one", "pass")]), Phase("b", [python("two", "exit(1)")], 2)]
    assert report.run(phases) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 1 failed"


def test_reasons_of_failed_jobs_come_after_the_table(logs, capsys):
    text = "print('fatal: [host-1]: FAILED! => why'); print('noise')"
    jobs = [python("bad", text + "; exit(2)"), python("good", text)]
    assert report.run([Phase("one", jobs)]) == 1
    after = capsys.readouterr().out.rpartition("log\n")[2]
    assert "bad: fatal: [host-1]: FAILED! => why" in after
    assert "noise" not in after
    assert "good: fatal" not in after


def test_unknown_scenario_names_the_known_ones(tmp_path, monkeypatch):
    (tmp_path / "host_kernel").mkdir()
    (tmp_path / "host_kernel" / "molecule.yml").write_text("platforms: [{name: host-1}]\n")
    monkeypatch.setattr(molecule, "SCENARIOS", tmp_path)
    with pytest.raises(Stop, match=r"no scenario 'host_kernal'; known: host_kernel"):
        molecule.jobs(["host_kernal"], None)


def test_a_scenario_that_is_run_by_name_only_is_said_loudly(tmp_path, monkeypatch, capsys):
    for name in ("host_kernel", "slow"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "molecule.yml").write_text("platforms: [{name: host-1}]\n")
    monkeypatch.setattr(molecule, "SCENARIOS", tmp_path)
    monkeypatch.setattr(molecule, "BY_NAME", ("slow",))
    assert [each.name for each in molecule.jobs([], None)] == ["molecule-host_kernel"]
    assert "NOT RUN: molecule-slow" in capsys.readouterr().err
    assert [each.name for each in molecule.jobs(["slow"], None)] == ["molecule-slow"]


def test_scenario_has_its_own_lab(tmp_path, monkeypatch):
    (tmp_path / "host_rdma").mkdir()
    scenario = tmp_path / "host_rdma" / "molecule.yml"
    scenario.write_text("platforms: [{name: host-1}, {name: host-2}]\n")
    monkeypatch.setattr(molecule, "SCENARIOS", tmp_path)
    (each,) = molecule.jobs([], None)
    assert each.environment["SLIPWAY_LAB"] == "mol-host-rdma"
    assert each.environment["SLIPWAY_HOSTS"] == "host-1,host-2"


@pytest.mark.parametrize("name", molecule.known())
def test_every_scenario_names_a_lab_that_there_can_be(name):
    Paths.of(molecule.environment(name)["SLIPWAY_LAB"])


def test_connections_of_two_labs_do_not_meet(monkeypatch):
    monkeypatch.setattr(molecule, "hosts", lambda _: ["host-1"])
    one = molecule.environment("host_rdma")["ANSIBLE_SSH_CONTROL_PATH_DIR"]
    two = molecule.environment("host_kernel")["ANSIBLE_SSH_CONTROL_PATH_DIR"]
    monkeypatch.setattr(molecule, "CHECKOUT", CHECKOUT / "other")
    three = molecule.environment("host_rdma")["ANSIBLE_SSH_CONTROL_PATH_DIR"]
    assert len({one, two, three}) == 3


@pytest.mark.parametrize("text", ["", "platforms: []", "platforms: [host-1]", "- x", "a: [", "3"])
def test_unreadable_scenario_is_one_line(tmp_path, monkeypatch, text):
    scenario = tmp_path / "molecule.yml"
    scenario.write_text(text)
    monkeypatch.setattr(molecule, "CHECKOUT", tmp_path)
    with pytest.raises(Stop, match=r"molecule\.yml"):
        molecule.hosts(scenario)


@pytest.mark.parametrize(
    ("line", "shell"),
    [
        (b"#!/bin/sh\n", True),
        (b"#!/usr/bin/env bash\n", True),
        (b"#!/bin/sh -e\n", True),
        (b"#!/usr/bin/env python3\n", False),
        (b"#!\n", False),
        (b"", False),
    ],
)
def test_shell_scripts_are_known_by_their_first_line(line, shell):
    assert lint.is_shell(line) is shell


def test_pytest_path_replaces_the_directories():
    (each,) = pytests.unit(["tests/unit/scripts/test_testing.py", "-k", "x"])
    assert "tests/unit" not in each.command
    with pytest.raises(Stop, match=r"tests/unit/nothing\.py does not exist"):
        pytests.unit(["tests/unit/nothing.py"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lynt"], "no phase 'lynt'; known: lint, unit, molecule, faults"),
        (["lint", "extra"], "lint takes no further arguments: extra"),
        (["unit", "--action", "x"], "--action goes with molecule"),
        (["--jobs", "0"], "--jobs: at least 1"),
    ],
)
def test_bad_arguments_are_one_line(arguments, says):
    done = subprocess.run(
        [CHECKOUT / "scripts" / "test", *arguments], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.strip()) == (2, f"test: {says}")

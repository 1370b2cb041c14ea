"""What scripts/test does not run again, and whether that can be trusted."""

import ast
import json
import re
import time
from pathlib import Path

import pytest

from common import CHECKOUT
from testing import passed
from testing.job import Job

UTILS = CHECKOUT / "plugins" / "module_utils"


@pytest.mark.parametrize(
    ("path", "job", "concerned"),
    [
        ("roles/federation_link/tasks/main.yml", "molecule-host_kernel", False),
        ("roles/federation_link/tasks/main.yml", "molecule-federation_link", True),
        ("roles/host_kernel/tasks/main.yml", "molecule-federation_link", True),
        ("roles/cluster_network/tasks/main.yml", "molecule-cloud", False),
        ("plugins/module_utils/host_module.py", "molecule-cloud", True),
        ("plugins/module_utils/site_model/view.py", "faults", True),
        ("plugins/module_utils/cluster_rdma/spec.py", "faults", False),
        ("plugins/modules/verify_pods.py", "molecule-verify_hosts", False),
        ("inventories/lab-alpha/hosts.yml", "molecule-cluster_ha", True),
        ("inventories/lab-alpha/hosts.yml", "molecule-host_rdma", False),
        ("inventories/example-rack/hosts.yml", "molecule-host_rdma", False),
        ("molecule/host_rdma/drift.yml", "molecule-host_kernel", False),
        ("molecule/shared/base.yml", "molecule-host_kernel", True),
        ("tests/clusters.py", "molecule-cluster_ha", True),
        ("tests/unit/lab/test_keys.py", "molecule-cluster_ha", False),
        ("docs/examples/federation/job.yml", "molecule-federation_link", True),
        ("docs/examples/federation/job.yml", "molecule-cluster_ha", False),
        ("requirements.lock", "faults", True),
    ],
)
def test_which_files_concern_a_job(path, job, concerned):
    assert passed.concerns(path, job) is concerned


def allowed(mine: str | None) -> set[str | None]:
    # what belongs to no layer concerns all of them, and host code is used by all
    return {None, "host"} if mine is None else {None, *passed.USES[mine]}


def imported(file: Path) -> set[str]:
    """Files below module_utils, by path in the checkout, that a file imports when it is loaded."""
    found: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        if not isinstance(node, ast.ImportFrom):
            continue
        parts = (node.module or "").split(".")
        if parts[:2] == ["ansible", "module_utils"]:
            place = UTILS.joinpath(*parts[2:])
        elif node.level and file.is_relative_to(UTILS):
            place = file.parents[node.level - 1].joinpath(*parts)
        else:
            continue
        inside = place / "__init__.py"
        found.add(
            str((inside if place.is_dir() else place.with_suffix(".py")).relative_to(CHECKOUT))
        )
    return found


def code() -> list[Path]:
    places = (CHECKOUT / "plugins" / name for name in ("modules", "module_utils", "filter"))
    return [file for place in places for file in sorted(place.rglob("*.py"))]


def test_no_layer_imports_one_that_its_tests_do_not_watch():
    wrong = []
    for file in code():
        path = str(file.relative_to(CHECKOUT))
        for other in imported(file):
            if passed.layer_of(other) not in allowed(passed.layer_of(path)):
                wrong.append(f"{path} imports {other}")
    assert not wrong
    assert any(imported(file) for file in code())


def test_no_role_or_scenario_uses_what_its_tests_do_not_watch():
    known = {each.name for each in (CHECKOUT / "roles").iterdir()}
    known |= {each.stem for each in (CHECKOUT / "plugins" / "modules").glob("*.py")}
    wrong = []
    for root in ("roles", "molecule"):
        for file in sorted((CHECKOUT / root).rglob("*.yml")):
            mine = passed.layer(file.relative_to(CHECKOUT / root).parts[0])
            lines = [each.partition("#")[0] for each in file.read_text().splitlines()]
            for name in known.intersection(re.findall(r"\w+", "\n".join(lines))):
                if mine is not None and passed.layer(name) not in allowed(mine):
                    wrong.append(f"{file.relative_to(CHECKOUT)} uses {name}")
    assert not wrong


def test_a_key_changes_with_the_content(monkeypatch):
    before = passed.key("molecule-host_kernel"), passed.key("molecule-cluster_ha")
    content = passed._content
    other = "roles/cluster_nodes/tasks/main.yml"
    monkeypatch.setattr(
        passed, "_content", lambda path: content(path) + path.encode() * (path == other)
    )
    after = passed.key("molecule-host_kernel"), passed.key("molecule-cluster_ha")
    assert before[0] == after[0]
    assert before[1] != after[1]


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("SLIPWAY_ADMIRALTY_DIR", raising=False)
    monkeypatch.setattr(passed, "key", lambda _name: "k")
    return tmp_path / "slipway" / "passed"


def test_only_what_passed_whole_is_left_out(cache, capsys):
    jobs = [Job("good", []), Job("bad", []), Job("none", [])]
    jobs[0].passed, jobs[1].passed, jobs[1].failed = 1, 3, 1
    assert passed.left(jobs) == jobs
    for job in jobs:
        passed.remember(job)
    assert [job.name for job in passed.left(jobs)] == ["bad", "none"]
    assert "NOT RUN: good: passed 20" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    ["", "{}", '"x"', json.dumps({"time": time.time() - 15 * 86400})],
    ids=["empty", "no time", "no mapping", "old"],
)
def test_a_stamp_that_is_old_or_broken_counts_for_nothing(cache, text):
    job = Job("good", [])
    cache.mkdir(parents=True)
    (cache / "good-k").write_text(text)
    assert passed.left([job]) == [job]


def test_another_engine_has_no_stamps(cache, monkeypatch):
    job = Job("good", [])
    job.passed = 1
    monkeypatch.setenv("SLIPWAY_ADMIRALTY_DIR", "/somewhere")
    assert passed.left([job]) == [job]
    passed.remember(job)
    assert not cache.exists()

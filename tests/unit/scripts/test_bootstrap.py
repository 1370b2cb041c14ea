"""What bootstrap finds out before it installs anything."""

import importlib.util
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

from common import CHECKOUT, Stop


@pytest.fixture
def bootstrap():
    loader = SourceFileLoader("bootstrap", str(CHECKOUT / "scripts" / "bootstrap"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bootstrap", loader))
    loader.exec_module(module)
    return module


def python_that_says(path: Path, text: str, status: int = 0) -> str:
    path.write_text(f"#!/bin/sh\necho '{text}'\nexit {status}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("says", "status", "version"),
    [("3.13.0", 0, "3.13.0"), ("3.12.0rc1", 0, "3.12.0rc1"), ("3.11.7", 0, None), ("", 127, None)],
)
def test_version_is_accepted_from_3_12(bootstrap, tmp_path, says, status, version):
    assert bootstrap.version_of(python_that_says(tmp_path / "python", says, status)) == version


def test_missing_python_has_no_version(bootstrap, tmp_path):
    assert bootstrap.version_of(str(tmp_path / "none")) is None


def test_a_shim_that_does_not_run_is_passed_over(bootstrap, tmp_path, monkeypatch):
    shim = python_that_says(tmp_path / "shim", "no such version", 127)
    good = python_that_says(tmp_path / "good", "3.12.4")
    monkeypatch.delenv("SLIPWAY_PYTHON", raising=False)
    monkeypatch.setattr(bootstrap, "candidates", lambda: [shim, good])
    assert bootstrap.suitable_python() == good


def test_named_python_must_do(bootstrap, tmp_path, monkeypatch):
    monkeypatch.setenv("SLIPWAY_PYTHON", python_that_says(tmp_path / "old", "3.9.2"))
    with pytest.raises(Stop, match=r"is not a Python of 3\.12 or later"):
        bootstrap.suitable_python()


def test_pip_settings_become_uv_variables(bootstrap, monkeypatch):
    listing = (
        "global.index-url='https://mirror.example/simple'\n"
        "global.extra-index-url='\\nhttps://a.example/simple\\nhttps://b.example/simple'\n"
        ":env:.find-links='/wheels'\n"
        "global.timeout='60'\n"
    )
    answer = subprocess.CompletedProcess([], 0, stdout=listing)
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: answer)
    monkeypatch.setenv("UV_FIND_LINKS", "/own")
    environment = bootstrap.uv_environment()
    assert environment["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert environment["UV_INDEX"] == "https://a.example/simple https://b.example/simple"
    assert environment["UV_FIND_LINKS"] == "/own"


def test_failure_is_one_line_with_the_reason(bootstrap, tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "LOG", CHECKOUT / ".logs" / "bootstrap-test.log")
    with pytest.raises(Stop) as stop:
        bootstrap.run([sys.executable, "-c", "print('one'); print('error: two'); exit(1)"])
    bootstrap.LOG.unlink()
    assert "error: two" in str(stop.value)
    assert "\n" not in str(stop.value)


def test_stamp_changes_with_the_lock(bootstrap, tmp_path, monkeypatch):
    lock = tmp_path / "lock"
    monkeypatch.setattr(bootstrap, "LOCK", lock)
    lock.write_text("a==1\n")
    before = bootstrap.stamp()
    lock.write_text("a==2\n")
    assert bootstrap.stamp() != before


def test_no_venv_matches_no_stamp(bootstrap, tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    assert bootstrap.stamp() == "none"

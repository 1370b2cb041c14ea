"""What simulated hosts answer: recorded, stored and looked up under the same names."""

import importlib.util
import json
from pathlib import Path

import pytest

SUPPORT = Path(__file__).resolve().parents[2] / "bench" / "support"


def load(name):
    spec = importlib.util.spec_from_file_location(name, SUPPORT / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


record, simulated_host = load("record"), load("simulated_host")
RESULTS = [
    {"action": "validate_argument_spec"},
    {"action": "host_kernel", "invocation": {}},
    {"action": "host_rdma", "steps": []},
    {"action": "ansible.builtin.package", "cache_updated": False},
    {"action": "ansible.builtin.copy", "dest": "/usr/local/sbin/slipway-datapath"},
    {"action": "host_datapath", "steps": []},
    {"action": "host_rdma", "links": {}},
]


def plays(results):
    return [{"tasks": [{"hosts": {"host-1": {"changed": False, **each}}} for each in results]}]


def test_a_run_brings_what_is_stored():
    found = record.collect(plays(RESULTS), "host-1")
    stored = json.loads((SUPPORT / "answers.json").read_text())
    assert set(found) | {"from"} == set(stored)
    assert found["host_kernel"] == {"changed": False}


def test_what_is_stored_is_found(monkeypatch):
    monkeypatch.setenv("BENCH_ANSWERS", str(SUPPORT / "answers.json"))
    monkeypatch.setenv("BENCH_CHECKSUM", "abc")
    for name, arguments in (
        ("apt", {}), ("stat", {"path": "/usr/local/sbin/slipway-datapath"}), ("file", {}),
        ("host_kernel", {}), ("host_rdma", {"stage": "drivers"}),
        ("host_rdma", {"stage": "settings"}),
    ):  # fmt: skip
        answer = simulated_host.answer(name, arguments)
        assert "failed" not in answer
        assert ("links" in answer) == (arguments.get("stage") == "settings")


def test_a_host_that_changed_or_a_run_that_stopped_is_not_recorded():
    with pytest.raises(SystemExit, match="not converged: host_kernel"):
        record.collect(plays([{"action": "host_kernel", "changed": True}]), "host-1")
    with pytest.raises(SystemExit, match="waits for a reboot"):
        record.collect(plays([{"action": "host_kernel", "reboot_required": True}]), "host-1")
    with pytest.raises(SystemExit, match="no answer of host_rdma:settings"):
        record.collect(plays(RESULTS[:-1]), "host-1")

"""The program that guards fabrics on a node: what it sees, refuses and says."""

import io
import json

import pytest
from ansible.module_utils.cluster_network import fabric_program
from ansible.module_utils.cluster_network.fabric_program import (
    SETTLE,
    Settled,
    fault,
    patch,
    plugin,
    sentence,
)

NOW, THEN = "2026-11-24T21:00:00Z", "2026-11-24T20:00:00Z"
LOST = ("NoCarrier", "interface storage0 has no carrier")
CONFIG = {
    "cniVersion": "1.0.0", "name": "storage", "type": "slipway-fabric", "fabric": "storage",
    "interface": "storage0", "node": "worker-1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"flags": "0x1003", "carrier": "1"}, None),
        ({"flags": "0x1003", "carrier": "0"}, "NoCarrier"),
        ({"flags": "0x1002"}, "InterfaceDown"),  # the kernel then has no carrier to read
        ({"flags": "0x1003"}, "NoCarrier"),
        (None, "InterfaceMissing"),
    ],
)
def test_why_an_interface_carries_nothing(tmp_path, files, reason):
    if files is not None:
        (tmp_path / "storage0").mkdir()
        for name, text in files.items():
            (tmp_path / "storage0" / name).write_text(text + "\n")
    found = fault("storage0", str(tmp_path))
    assert (found and found[0]) == reason
    assert found is None or "storage0" in found[1]


def called(command, look, **more):
    out = io.StringIO()
    status = plugin(command, json.dumps({**CONFIG, **more}), out, look)
    return status, json.loads(out.getvalue() or "null")


def test_add_passes_on_what_came_before():
    assert called("ADD", lambda interface: None) == (0, {"cniVersion": "1.0.0"})
    before = {"cniVersion": "1.0.0", "interfaces": [{"name": "net1"}]}
    assert called("ADD", lambda interface: None, prevResult=before) == (0, before)


@pytest.mark.parametrize("command", ["ADD", "STATUS"])
def test_a_fabric_that_is_down_is_refused_in_one_sentence(command):
    status, answer = called(command, lambda interface: LOST)
    assert status == 1
    assert answer["msg"] == (
        "fabric storage is down on node worker-1: interface storage0 has no carrier"
    )
    assert answer["code"] == 11


@pytest.mark.parametrize("command", ["DEL", "CHECK", "GC"])
def test_what_takes_away_never_fails(command):
    assert called(command, lambda interface: LOST) == (0, None)


def test_versions():
    status, answer = called("VERSION", lambda interface: LOST)
    assert status == 0
    assert "1.0.0" in answer["supportedVersions"]


def node(labels=None, conditions=()):
    return {
        "metadata": {"name": "worker-1", "labels": labels},
        "status": {"conditions": [{"type": "Ready", "status": "True"}, *conditions]},
    }


def applied(node, change):
    """As the API server would: strategic merge, conditions by their type."""
    labels = {**(node["metadata"]["labels"] or {}), **change.get("metadata", {}).get("labels", {})}
    conditions = {each["type"]: each for each in node["status"]["conditions"]}
    for each in change.get("status", {}).get("conditions", ()):
        conditions[each["type"]] = None if each.get("$patch") else each
    kept = {key: value for key, value in labels.items() if value is not None}
    return {
        "metadata": {"name": "worker-1", "labels": kept},
        "status": {"conditions": [each for each in conditions.values() if each]},
    }


def test_a_new_node_says_all_its_fabrics_and_then_nothing():
    faults = {"storage": LOST, "rdma": None}
    after = applied(node(), patch(node(), faults, NOW))
    assert after["metadata"]["labels"] == {
        "fabric.slipway/storage": "down", "fabric.slipway/rdma": "up",
    }  # fmt: skip
    (condition,) = (
        c for c in after["status"]["conditions"] if c["type"] == "fabric.slipway/storage"
    )
    assert (condition["status"], condition["reason"]) == ("False", "NoCarrier")
    assert condition["message"] == sentence("storage", "worker-1", LOST)
    assert patch(after, faults, "later") == {}


def test_the_time_of_a_change_is_that_of_the_change():
    first = applied(node(), patch(node(), {"storage": LOST}, THEN))
    down = ("InterfaceDown", "interface storage0 is down")
    second = applied(first, patch(first, {"storage": down}, NOW))
    assert second["status"]["conditions"][1]["lastTransitionTime"] == THEN
    third = applied(second, patch(second, {"storage": None}, NOW))
    assert third["status"]["conditions"][1]["lastTransitionTime"] == NOW


def test_what_is_no_fabric_any_more_goes_and_nothing_of_others():
    before = applied(node({"zone": "a"}), patch(node({"zone": "a"}), {"storage": None}, THEN))
    after = applied(before, patch(before, {}, NOW))
    assert after["metadata"]["labels"] == {"zone": "a"}
    assert [each["type"] for each in after["status"]["conditions"]] == ["Ready"]


def test_a_label_changed_by_hand_comes_back():
    right = applied(node(), patch(node(), {"storage": LOST}, THEN))
    right["metadata"]["labels"]["fabric.slipway/storage"] = "up"
    assert patch(right, {"storage": LOST}, NOW) == {
        "metadata": {"labels": {"fabric.slipway/storage": "down"}}
    }


def test_a_fault_counts_at_once_and_its_end_after_a_while():
    settled = Settled({"storage": None}, 0)
    assert settled.see({"storage": LOST}, 1)
    assert not settled.see({"storage": None}, 2)
    assert not settled.see({"storage": LOST}, 3)
    assert not settled.see({"storage": None}, 3 + SETTLE - 0.5)
    assert settled.faults == {"storage": LOST}
    assert settled.see({"storage": None}, 3 + SETTLE)
    assert settled.faults == {"storage": None}


def test_wrong_calls_and_a_missing_file_are_one_line(capsys, monkeypatch):
    monkeypatch.delenv("CNI_COMMAND", raising=False)
    assert fabric_program.main([]) == 2
    monkeypatch.setattr(fabric_program, "CONFIG", "/nonexistent/fabrics.json")
    assert fabric_program.main(["watch"]) == 1
    assert capsys.readouterr().err.count("\n") == 2

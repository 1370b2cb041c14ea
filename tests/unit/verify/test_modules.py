"""Odd arguments of the modules, in process: one line each, never a traceback."""

import json

import pytest
import verify_hosts
import verify_report
from ansible.module_utils.testing import patch_module_args
from ansible.module_utils.verify.report.assemble import assemble
from ansible.module_utils.verify.spec import sessions, settings_for

NETWORK = {
    "name": "rdma", "link": "bond0", "interface": "bond0.200", "mtu": 9000,
    "address": "10.20.0.1", "peer_address": "10.20.0.2", "speed": 2000,
    "evidence": "emulation", "rdma": {"kind": "rxe"}, "peer_rdma": {"kind": "rxe"},
    "rdma_evidence": "emulation", "bond": {}, "peer_bond": {},
}  # fmt: skip
EXPECTED = {"nics": [], "peers": [{"name": "host-2", "networks": [NETWORK]}]}
HOST = {"host": "host-1", "datapath": {"host": "host-1"}, "expected": EXPECTED}
PLANNED = [{"peer": "host-2", "role": "client"}]
ODD = [5, True, "x", [None], [5], {"a": 1}, -1, "a/b"]


def answered(capsys, module, arguments):
    with patch_module_args(arguments), pytest.raises(SystemExit):
        module.main()
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"expected": {}}, "expected.nics: missing"),
        ({"expected": {"nics": 5, "peers": []}}, "expected.nics: must be a list"),
        ({"expected": {"nics": [{}], "peers": []}}, "expected.nics[0].name: missing"),
        ({"expected": {"nics": [], "peers": [5]}, "sessions": PLANNED}, "expected.peers[0]"),
        ({"sessions": [{}]}, "sessions[0].peer: missing"),
        ({"sessions": [{"peer": "host-2", "role": "x"}]}, "sessions[0].role"),
        ({"settings": {"flows": "many"}}, "settings.flows"),
        ({"settings": {"colour": 1}}, "unknown setting: colour"),
        ({"datapath": {}}, "host: missing"),
        ({"kernel": {"colour": 1}}, "colour: unknown"),
        ({"rdma": {"roce_version": 3}}, "roce_version"),
    ],
)
def test_the_module_names_what_is_wrong(capsys, arguments, words):
    answer = answered(capsys, verify_hosts, {**HOST, **arguments})
    assert answer["failed"]
    assert words in answer["msg"]
    assert "exception" not in answer


@pytest.mark.parametrize("key", NETWORK)
@pytest.mark.parametrize("value", ODD)
def test_an_odd_network_is_named_or_taken(key, value):
    peers = [{"name": "host-2", "networks": [{**NETWORK, key: value}]}]
    try:
        (session,) = sessions(PLANNED, peers)
    except ValueError as error:
        assert f"expected.peers[0].networks[0].{key}" in str(error)
    else:
        assert session.networks[0].mtu > 0


@pytest.mark.parametrize("key", ["flows", "message_sizes", "queue_pairs", "efficiency", "budget"])
@pytest.mark.parametrize("value", ["x", [None], {"a": 1}, -1, float("nan"), 0])
def test_an_odd_setting_is_named(key, value):
    with pytest.raises(ValueError, match=f"settings.{key}"):
        settings_for("hardware", {key: value})


def test_settings_from_the_command_line_are_text():
    assert settings_for("hardware", {"flows": "96", "efficiency": "0.5"}).flows == 96


@pytest.mark.parametrize("result", [*ODD, {"findings": 5}, {"findings": {"checks": [5]}}])
def test_a_report_of_odd_results(capsys, tmp_path, result):
    arguments = {
        "site": "lab", "hosts": ["host-1"], "results": {"host-1": result},
        "directory": str(tmp_path),
    }  # fmt: skip
    answer = answered(capsys, verify_report, arguments)
    assert answer["failed_checks"] == 1
    assert "host-1" in answer["table"]


def test_findings_of_another_version_are_no_findings():
    findings = {
        "checks": [], "series": [], "spreads": [{"bond": "bond0"}], "skipped": [], "facts": {},
        "seconds": 1.0,
    }  # fmt: skip
    report = assemble("lab", "2026-11-22T05:26:00Z", ["h"], {"h": {"findings": findings}}, False)
    assert report["hosts"][0]["state"] == "error"

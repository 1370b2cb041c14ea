"""Odd arguments of the module, in process: one line each, never a traceback."""

import json

import host_rdma
import pytest
from ansible.module_utils import host_module
from ansible.module_utils.host_rdma import HostRdmaSpec, SpecError
from ansible.module_utils.testing import patch_module_args
from hypothesis import given, settings
from hypothesis import strategies as st

WHOLE = {
    "driver_source": "distribution",
    "roce_links": [{"netdev": "bond0", "device": "rxe0", "kind": "rxe"}],
    "roce_version": 2,
    "memlock": "unlimited",
    "dscp": 26,
    "traffic_class": 104,
    "lossless": {
        "trust": "dscp", "pfc_priorities": [3], "ecn_priorities": [3], "buffer": None,
        "ports": ["data0"],
    },
    "management_pci_addresses": ["0000:00:02.0"],
}  # fmt: skip
KEYS = [(key,) for key in WHOLE] + [("lossless", key) for key in WHOLE["lossless"]]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
)


@settings(max_examples=60)
@given(st.sampled_from(KEYS), ODD)
def test_an_odd_value_is_named_or_taken(path, value):
    desired = json.loads(json.dumps(WHOLE))
    (desired if len(path) == 1 else desired[path[0]])[path[-1]] = value
    try:
        spec = HostRdmaSpec.parse(desired)
    except SpecError as error:
        assert path[0] in str(error) or "traffic_class" in str(error)
    else:
        assert HostRdmaSpec.parse(spec.as_dict()) == spec


@given(ODD)
def test_what_is_no_desired_state(value):
    try:
        HostRdmaSpec.parse(value)
    except SpecError as error:
        assert str(error)


def answered(capsys, monkeypatch, host, **arguments):
    monkeypatch.setattr(host_rdma, "System", lambda: host)
    given = {"stage": "settings", "_ansible_check_mode": True, **arguments}
    with patch_module_args(given), pytest.raises(SystemExit):
        host_rdma.main()
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("desired", "word"),
    [
        ({"roce_links": [{"netdev": "a" * 300, "kind": "native"}]}, "roce_links[0].netdev"),
        ({"roce_links": [{"netdev": "a\0", "kind": "rxe", "device": "b\0"}]}, "roce_links[0]"),
        ({"lossless": {"pfc_priorities": [3], "ports": ["../.."]}}, "lossless.ports"),
        ({"lossless": {"pfc_priorities": [3], "ports": ["x" * 300]}}, "lossless.ports"),
        ({"management_pci_addresses": ["../../.."]}, "management_pci_addresses"),
        ({"memlock": "²"}, "memlock"),
        ({"roce_links": 5}, "roce_links"),
    ],
)
def test_the_module_names_what_is_wrong(capsys, monkeypatch, host, desired, word):
    answer = answered(capsys, monkeypatch, host, desired=desired)
    assert answer["failed"]
    assert word in answer["msg"]
    assert "exception" not in answer


def test_a_host_that_cannot_be_read_is_one_line(capsys, monkeypatch, host):
    def broken(*_arguments, **_options):
        raise OSError("Input/output error")

    monkeypatch.setattr(host_module, "converge", broken)
    assert answered(capsys, monkeypatch, host, desired={})["msg"] == "Input/output error"


def test_the_address_of_doca_is_not_logged(capsys, monkeypatch, host):
    doca = {"url": "https://u:secret@mirror/p.deb", "version": "3"}
    answer = answered(capsys, monkeypatch, host, stage="drivers", desired={}, doca=doca)
    assert "secret" not in json.dumps(answer)

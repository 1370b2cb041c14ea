"""The mesh of a cluster in the report."""

import pytest
from ansible.module_utils.verify.report import mesh, page
from ansible.module_utils.verify.report.assemble import assemble

CELLS = [
    {"network": "rdma", "source": "a", "target": "b", "gbits": 2.5},
    {"network": "rdma", "source": "b", "target": "a", "gbits": 0.012},
    {"network": "pods", "source": "a", "target": "<c>", "gbits": 9.0},
]


def report():
    found = assemble("alpha", "2026-11-24T22:00:00Z", [], {}, False)
    return {**found, "mesh": CELLS}


def test_each_network_is_a_matrix_from_row_to_column():
    assert mesh.matrices(report()) == [
        ("rdma", ["a", "b"], [[None, 2.5], [0.012, None]]),
        ("pods", ["<c>", "a"], [[None, None], [9.0, None]]),
    ]


def test_the_page_shows_it_and_escapes_names():
    shown = page.render(report())
    assert "TCP between pods" in shown
    assert "<td>2.5</td>" in shown
    assert "<c>" not in shown
    assert "TCP between pods" not in page.render({**report(), "mesh": []})


def test_a_terminal_shows_it():
    lines = mesh.lines(report())
    assert lines[0].startswith("rdma")
    assert lines[2].split() == ["a", "2.5"]


def test_what_is_no_measurement_is_refused():
    with pytest.raises(ValueError, match="no measurement"):
        mesh.cells([{"network": "rdma"}])

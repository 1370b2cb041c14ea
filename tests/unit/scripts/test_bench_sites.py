"""The sites of `scripts/bench join`: valid models of many nodes, of which the lab has two."""

import sys
from pathlib import Path

import pytest
from ansible.module_utils.site_model.inventory import read_inventory
from ansible.module_utils.site_model.source import Source
from ansible.module_utils.site_model.validate import validate

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from support.sites import CONTROL, WORKER, generate, stand_ins


def test_a_site_of_stand_ins_and_the_two_nodes_of_the_lab_is_valid(tmp_path):
    site = generate(tmp_path / "site", 500)
    assert validate(site).of("error") == []
    names = list(read_inventory(site, Source()).hosts)
    assert len(names) == 500
    assert [name for name in names if not name.startswith("stand-in-")] == [CONTROL, WORKER]


@pytest.mark.parametrize("nodes", [1, 503])
def test_a_size_that_has_no_addresses_is_refused(nodes):
    with pytest.raises(SystemExit, match="must be 2 to 502"):
        list(stand_ins(nodes))

"""The links between sites in the report."""

import json
import xml.etree.ElementTree as ElementTree

import pytest
from ansible.module_utils.verify.report import junit, links, page
from ansible.module_utils.verify.report.assemble import assemble
from ansible.module_utils.verify.report.write import write

USED = [
    {"namespace": "shared", "resource": "pods", "used": "3", "hard": "8"},
    {"namespace": "shared", "resource": "requests.cpu", "used": "300m", "hard": "4"},
    {"namespace": "more", "resource": "pods", "used": "0", "hard": "2"},
]
ROW = {
    "link": "alpha-to-beta", "cluster": "alpha", "peer": "<beta>", "role": "source",
    "state": "accepted", "credential": "jwt", "lifetime": 3600, "age": 720,
    "documents": "2027-03-01T00:00:00Z", "days": 44, "budget": USED, "engine": "real",
}  # fmt: skip
BARE = {
    **ROW, "state": "waiting for offer", "lifetime": None, "age": None, "documents": "",
    "days": None, "budget": [], "engine": "double",
}  # fmt: skip


def report(*rows):
    found = assemble("alpha", "2026-11-24T22:00:00Z", [], {}, False)
    return {**found, "links": list(rows)}


def test_the_page_shows_credentials_and_budgets_and_escapes_names():
    shown = page.render(report(ROW, BARE))
    assert "<h2>Links</h2>" in shown
    assert "jwt, 12 of 60 min old" in shown
    assert "2027-03-01 (44 days)" in shown
    assert "shared: pods 3/8, requests.cpu 300m/4<br>more: pods 0/2" in shown
    assert "DOUBLE (stand-in)" in shown
    assert "<beta>" not in shown
    assert "<h2>Links</h2>" not in page.render(report())


def test_a_terminal_shows_them():
    empty, head, rule, row, bare = links.lines(report(ROW, BARE))
    assert (empty, set(rule)) == ("", {"-", " "})
    assert head.split()[:3] == ["Link", "Role", "Peer"]
    assert "shared: pods 3/8, requests.cpu 300m/4; more: pods 0/2" in row
    assert bare.split()[-4:] == ["-", "-", "DOUBLE", "(stand-in)"]
    assert links.lines(report()) == []


def test_a_token_whose_age_is_not_seen_has_a_limit():
    assert links.cells({**ROW, "age": None})[4] == "jwt, lives 60 min at most"


def test_json_has_them_and_junit_the_checks(tmp_path):
    folder = write(report(ROW), str(tmp_path))
    assert json.loads((tmp_path / folder / "report.json").read_text())["links"] == [ROW]
    ElementTree.fromstring(junit.render(report(ROW)))


@pytest.mark.parametrize(
    "row", [5, {}, {**ROW, "budget": 5}, {**ROW, "budget": [{}]}, {**ROW, "age": "x"}]
)
def test_what_is_no_link_is_refused(row):
    with pytest.raises(ValueError, match="links: "):
        links.checked([row])


def test_ages_that_only_other_nodes_know():
    old, other = links.aged([ROW, {**BARE, "link": "b"}], {"alpha-to-beta": 5, "b": 60})
    assert (old["age"], other["age"]) == (720, 60)
    assert links.aged([BARE], {}) == [BARE]

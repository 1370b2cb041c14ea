"""Every rule: one change to a valid site, and exactly that rule speaks, at that line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.site_model.validate import validate

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "site-model.md"
MISTAKES = [
    mistake
    for file in sorted(Path(__file__).with_name("mistakes").glob("*.yml"))
    for mistake in yaml.safe_load(file.read_text())
]
SITES = [
    "lab",
    "lab-alpha",
    "lab-alpha-central",
    "lab-beta",
    "lab-cloud",
    "lab-gamma",
    "example-rack",
    *(f"example-federation/site-{letter}" for letter in "abc"),
]


#: What the sites' own settings say: VF-LAG hashes by layer 4 there.
WARNED = {
    "example-rack": ["hash-offload"],
    "example-federation/site-b": ["hash-offload"],
    "lab-cloud": ["hash-offload"],
}


@pytest.mark.parametrize("name", SITES)
def test_the_sites_are_clean(site, name):
    assert [p.rule for p in site(name).found()] == WARNED.get(name, [])


#: Rules of what is missing have no value to show; of a file that cannot be read, no key.
NOTHING_THERE = {
    *("missing-key", "missing-section", "index-missing", "empty-group", "inventory"),
    "management-pci-missing",
}
WHOLE_FILE = {"yaml", "encoding", "unreadable", "unknown-host", "inventory", "inventory-format"}


def _title(mistake: dict[str, Any]) -> str:
    return f"{mistake['rule']}:{(mistake['new'] or mistake['old']).strip()[:40]!r}"


@pytest.mark.parametrize("mistake", MISTAKES, ids=_title)
def test_a_mistake_is_found_at_its_line(site, mistake):
    copy = site(mistake["site"])
    first = mistake.get("first", [])
    for change in first if isinstance(first, list) else [first]:
        copy.change(**change)
    file, at = mistake["file"], mistake.get("at", 0)
    line = copy.change(file, mistake["old"], mistake["new"])
    if isinstance(at, dict):
        file = at["file"]
        lines = enumerate(copy.file(file).read_text().splitlines(), 1)
        line = [n for n, text in lines if re.search(at["pattern"], text)][at["nth"] - 1]
    else:
        line += at
    found = copy.report().problems
    place = str(copy.file(file).relative_to(copy.folder))
    said = [(problem.rule, problem.file, problem.line) for problem in found]
    assert (mistake["rule"], place, line) in said, "\n".join(map(str, found))
    loud = {problem.rule for problem in found if problem.severity != "note"}
    others = loud - {mistake["rule"], *WARNED.get(mistake["site"], [])}
    assert others == set(mistake.get("also", [])), "\n".join(map(str, found))
    for problem in found:
        assert problem.rule and problem.message and problem.fix and problem.file, str(problem)
        assert problem.key or problem.rule in WHOLE_FILE
        assert problem.value is not None or problem.rule in NOTHING_THERE, str(problem)


def test_every_rule_is_documented():
    package = Path(validate.__code__.co_filename).parent
    code = "".join(file.read_text() for file in package.rglob("*.py"))
    speaks = r"(?:error|warning|note|fault|Problem|_add|_refuse|_form|_parsed)\(\s*(?:_[A-Z]+, )?"
    rules = set(re.findall(speaks + r'(?:\w+,\s*|re\.compile\(.*?\),\s*)?"([a-z-]+)"', code))
    documented = set(re.findall(r"`([a-z0-9-]+)`", DOCUMENT.read_text()))
    assert len(rules) > 80
    assert rules - documented == set()


def test_every_rule_has_a_mistake():
    table = re.findall(r"^\| (`[a-z].*?) \|", DOCUMENT.read_text().split("## Rules")[1], re.M)
    documented = {rule for line in table for rule in re.findall(r"`([a-z0-9-]+)`", line)}
    mistakes = {mistake["rule"] for mistake in MISTAKES}
    assert mistakes - documented == set()
    others = documented - mistakes  # they are about files
    text = Path(__file__).with_name("test_site_files.py").read_text()
    assert {rule for rule in others if f'"{rule}"' not in text} == set()
    assert others <= {*WHOLE_FILE, "missing-section", "value"}

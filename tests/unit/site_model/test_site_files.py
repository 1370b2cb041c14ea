"""Files that are no model at all: clear errors with a place, never a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from ansible.module_utils.site_model.hosttree import expand
from ansible.module_utils.site_model.inventory import only_ansible_knows, read_inventory
from ansible.module_utils.site_model.problems import Problem
from ansible.module_utils.site_model.source import Source
from ansible.module_utils.site_model.typed import read
from ansible.module_utils.site_model.validate import validate
from pydantic import Field

BROKEN = {
    "bad syntax": (b"site: {name: a\nb: ]", "yaml", 2),
    "tabs": (b"site:\n\tname: a\n", "yaml", 2),
    "binary": (b"\x00\x01\x02\xff\xfe", "encoding", 1),
    "control characters": (b"site: \x07", "yaml", 1),
    "a list": (b"- site\n- b\n", "type", 1),
    "one word": (b"site\n", "type", 1),
    "two documents": (b"site: {}\n---\nsite: {}\n", "yaml", 2),
    "brackets without end": (b"site: " + b"[" * 5000, "yaml", 1),
    "dashes without end": (b"- " * 5000, "yaml", 1),
    "an alias to itself": (b"site: &a\n  name: *a\n", "yaml", 1),
    "an unknown alias": (b"site: *a\n", "yaml", 1),
    "a date that is none": (b"site: {name: 2026-99-99}\n", "yaml", 1),
    "a list as key": (b"site: {[a]: b}\n", "key-type", 1),
    "a map where text belongs": (b"site: {name: {a: b}}\n", "type", 1),
    "text where a map belongs": (b"site: lab\n", "type", 1),
    "nothing where a map belongs": (b"site:\n", "type", 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_has_a_clear_error(site, name):
    content, rule, line = BROKEN[name]
    copy = site("example-rack")
    copy.file("site").write_bytes(content)
    found = copy.found()
    said = [(problem.rule, problem.file, problem.line) for problem in found]
    assert (rule, "group_vars/all/site.yml", line) in said, "\n".join(map(str, found))


def test_aliases_that_multiply_are_stopped(site):
    copy = site("example-rack")
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    copy.file("extra").write_text("\n".join(lines) + "\n")
    assert any("too large" in problem.message for problem in copy.found())


def test_an_empty_file_says_nothing(site):
    copy = site("example-rack")
    for content in ("", "---\n", "# only a comment\n"):
        copy.file("extra").write_text(content)
        assert copy.errors() == []


def test_a_missing_section_is_named(site):
    copy = site("example-rack")
    copy.file("site").unlink()
    assert [(p.rule, p.key) for p in copy.errors()] == [("missing-section", "site")]


def test_secrets_and_other_variables_are_left_alone(site):
    copy = site("example-rack")
    copy.file("secrets").write_text("$ANSIBLE_VAULT;1.1;AES256\n61\n")
    copy.file("other").write_text("ansible_user: root\nkolla_x: !vault |\n  $ANSIBLE_VAULT;1.1\n")
    assert copy.errors() == []


def test_all_errors_come_at_once(site):
    copy = site("example-rack")
    copy.change("nics", "vfs: 16", "vfs: many")
    copy.change("fabrics", "vlan: 200", "vlan: 100")
    copy.change("openstack", "fabric: storage", "fabric: storages")
    copy.change("inventory", "10.0.0.12", "10.0.0.11")
    rules = {problem.rule for problem in copy.found()}
    assert rules >= {"type", "vlan-clash", "unknown-fabric", "address-duplicate"}


def test_what_cannot_be_read_is_no_dangling_reference(site):
    copy = site("example-rack")
    copy.change("nics", "vfs: 16", "vfs: many")
    assert [problem.rule for problem in copy.errors()] == ["type"]


def test_a_merged_key_has_the_place_where_it_is_written(site):
    copy = site("example-rack")
    line = copy.change("openstack", "driver: redfish", "driver: redfisch")
    (one, two) = copy.errors()
    assert (one.rule, one.line) == (two.rule, two.line) == ("choice", line)


def test_a_template_is_resolved_by_what_ansible_sees(site):
    copy = site("example-rack")
    copy.change("nics", "vfs: 16", 'vfs: "{{ count }}"')
    found = validate(copy.folder, template=lambda text, host: {"{{ count }}": 65}[text])
    assert [(p.rule, p.value) for p in found.of("error")] == [("vf-count", 65)]
    copy.change("inventory", "10.0.0.12", '"{{ network }}.12"')
    seen = {("{{ count }}", ""): 16, ("{{ network }}.12", "control-2"): "10.9.9.12"}
    found = validate(copy.folder, template=lambda *asked: seen[asked])
    (wrong,) = found.of("error")
    assert (wrong.rule, wrong.key) == ("management-address", "hosts.control-2.ansible_host")


def test_a_template_that_cannot_be_resolved_is_one_problem(site):
    copy = site("example-rack")
    copy.change("nics", "vfs: 16", 'vfs: "{{ nosuch }}"')
    copy.change("fabrics", "vlan: 300", "vlan: 200")

    def template(text, host):
        raise ValueError("'nosuch' is undefined")

    found = validate(copy.folder, template=template).of("error")
    assert [p.rule for p in found] == ["vlan-clash", "template"]
    said = "nics.yml:12: site_nic_profiles.connectx-6.vfs = {{ nosuch }}: cannot be resolved: 'nos"
    assert said in str(found[1]) and found[1].fix


@pytest.mark.parametrize("name", ["fabrics", "nics", "hosts", "openstack", "clusters"])
def test_a_file_that_cannot_be_read_is_one_problem(site, name):
    copy = site("example-rack")
    copy.file(name).write_text("x: [")
    assert [problem.rule for problem in copy.errors()] == ["yaml"]


@pytest.mark.parametrize("name", ["fabrics", "hosts"])
def test_a_section_that_is_missing_is_one_problem(site, name):
    copy = site("example-rack")
    copy.file(name).unlink()
    assert [problem.rule for problem in copy.errors()] == ["missing-section"]


def test_hosts_that_cannot_be_read_are_one_problem(site):
    copy = site("example-rack")
    copy.file("inventory").write_text("all: [")
    assert [problem.rule for problem in copy.errors()] == ["yaml"]


def test_a_file_that_may_not_be_read_is_named(site, monkeypatch):
    copy = site("example-rack")
    really = Path.read_bytes

    def refuse(file):
        if file.name == "site.yml":
            raise PermissionError(13, "Permission denied")
        return really(file)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    (error,) = copy.errors()
    assert (error.rule, error.file) == ("unreadable", "group_vars/all/site.yml")
    assert "Permission denied" in error.message


def test_what_pydantic_alone_knows_is_still_a_problem():
    problems: list[Problem] = []
    even = Annotated[int, Field(multiple_of=2)]
    assert read(even, 3, ("site", "name"), problems) is None
    assert [(p.rule, p.key) for p in problems] == [("value", "site.name")]


def test_the_summary_counts(site):
    copy = site("example-rack")
    assert copy.report().summary() == "7 hosts, 0 errors, 1 warning, 2 notes"


def test_hosts_of_a_dynamic_inventory_come_from_ansible(site):
    copy = site("example-rack")
    script = copy.folder / "hosts.py"
    copy.file("inventory").rename(script)
    script.chmod(0o755)
    assert only_ansible_knows([str(copy.folder)])
    rules = [problem.rule for problem in copy.found()]
    assert "inventory-format" in rules and not copy.errors()
    host = {"name": "c-1", "groups": ["all", "compute"], "index": 2000, "address": "10.0.0.9"}
    report = validate(copy.folder, [{**host, "overrides": {}}])
    assert "index-range" in {problem.rule for problem in report.problems}


def test_host_variables_in_files_of_their_own(site):
    copy = site("example-rack")
    copy.change("inventory", ", site_host_index: 2}", "}")
    place = copy.folder / "host_vars"
    place.mkdir()
    (place / "control-2.yml").write_text("site_host_index: 2\n")
    assert copy.errors() == []
    (place / "control-2.yml").write_text("# the second\nsite_host_index: 3\n")
    problems = [(p.rule, p.file, p.line) for p in copy.errors()]
    assert problems == [("index-duplicate", "hosts.yml", 9)] or problems == [
        ("index-duplicate", "host_vars/control-2.yml", 2)
    ]
    (place / "nobody.yml").write_text("site_host_index: 77\n")
    assert "unknown-host" in {problem.rule for problem in copy.found()}


def test_groups_of_groups_reach_their_hosts(site):
    copy = site("example-rack")
    copy.change(
        "inventory", "    compute:\n", "    compute:\n      children: {racks: {}}\n    racks:\n"
    )
    assert copy.errors() == []


@pytest.mark.parametrize("folder", ["nowhere", "a-file"])
def test_no_folder_is_a_clear_error(tmp_path, folder):
    (tmp_path / "a-file").write_text("x")
    report = validate(tmp_path / folder)
    assert "inventory" in [problem.rule for problem in report.problems]


def test_patterns_of_hosts():
    assert expand("h[01:03]") == ["h01", "h02", "h03"]
    assert expand("h[8:10:2]-[a:b]") == ["h8-a", "h8-b", "h10-a", "h10-b"]
    assert expand("plain") == ["plain"]
    assert len(expand("h[1:999999999]")) == 100_000


def test_hosts_of_an_ini_file_are_ansibles_to_know(tmp_path):
    (tmp_path / "hosts.ini").write_text("[lab_hosts]\nhost-1\n")
    assert only_ansible_knows([str(tmp_path / "hosts.ini")])
    assert not read_inventory(tmp_path, Source()).readable

"""The action plugin: what playbooks/validate.yml runs."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleUndefinedVariable

CHECKOUT = Path(__file__).resolve().parents[3]


class Templar:
    """Knows one variable."""

    def copy_with_new_env(self, available_variables):
        assert available_variables == {"of": "control-2"}
        return self

    def template(self, text):
        if "network" not in text:
            raise AnsibleUndefinedVariable("'nosuch' is undefined")
        return text.replace("{{ network }}", "10.0.0")


@pytest.fixture
def validated(monkeypatch):
    path = CHECKOUT / "plugins" / "action" / "site_validate.py"
    spec = importlib.util.spec_from_file_location("site_validate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module.ActionBase, "run", lambda self, tmp, task_vars: {})
    lines = []
    monkeypatch.setattr(module.display, "display", lines.append)

    class HostVars(dict):
        def raw_get(self, name):
            return {"of": name}

    def run(*sources):
        action = module.ActionModule.__new__(module.ActionModule)
        action._task, action._templar = SimpleNamespace(args={}), Templar()
        hostvars = HostVars(
            {
                "a": {
                    "site_host": {
                        "name": "a",
                        "groups": ["all", "compute"],
                        "index": 0,
                        "address": "",
                        "overrides": {},
                    }
                }
            }
        )
        known = {"hostvars": hostvars, "groups": {"all": ["a"]}}
        result = action.run(task_vars={"ansible_inventory_sources": list(sources), **known})
        return result, lines

    return run


def test_all_well_is_said(validated, site):
    folder = site("example-rack").folder
    result, lines = validated(str(folder))
    assert not result.get("failed")
    assert lines[0].startswith("WARNING group_vars/all/nics.yml")
    assert lines[-1] == "example-rack: 7 hosts, 0 errors, 1 warning, 2 notes" == result["msg"]


def test_templates_are_ansibles(validated, site):
    copy = site("example-rack")
    copy.change("inventory", "10.0.0.12", '"{{ network }}.12"')
    assert not validated(str(copy.folder))[0].get("failed")
    copy.change("nics", "vfs: 16", 'vfs: "{{ nosuch }}"')
    (error,) = validated(str(copy.folder))[0]["errors"]
    assert error["message"] == "cannot be resolved: 'nosuch' is undefined"


def test_two_sites_are_refused(validated, site):
    one, other = site("lab").folder, site("example-rack").folder
    result, _ = validated(str(one), str(other))
    assert result["failed"] and str(one) in result["msg"] and "one with -i" in result["msg"]
    assert not validated(str(one), str(one / "hosts.yml"))[0].get("failed")


def test_hosts_that_only_ansible_knows_come_from_it(validated, site):
    copy = site("example-rack")
    copy.file("inventory").unlink()
    (copy.folder / "more").write_text("a\n")
    result, _ = validated(str(copy.folder))
    assert result["hosts"] == 1
    assert {error["key"] for error in result["errors"]} >= {"hosts.a.site_host_index"}

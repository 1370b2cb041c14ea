"""All files of a deployment: model in, texts out. The same model gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import inventory, kayobe, kolla
from .hooks import hooks
from .names import group
from .text import ini_text, yaml_text

#: Kayobe adds to it; the kit keeps only its own entries right.
ALLOCATION = "network-allocation.yml"
_PYTHON = {"ansible_python_interpreter": "{{ virtualenv_path }}/kayobe/bin/python"}


def files(desired: Mapping[str, Any]) -> dict[str, str]:
    """Texts by path below $KAYOBE_CONFIG_PATH, sorted; without network-allocation.yml.

    *desired* as ``site_model.derive.deployment`` gives it.
    """
    found = {name: yaml_text(values) for name, values in kayobe.variables(desired).items()}
    found["inventory/hosts"] = inventory.hosts_text(desired)
    found["inventory/groups"] = inventory.groups_text(desired)
    # a virtual environment of Kayobe's on the hosts, as in its own example
    found["inventory/group_vars/overcloud/ansible-python-interpreter"] = yaml_text(_PYTHON)
    for name, facts in desired["groups"].items():
        values = inventory.group_variables(desired, facts)
        own = group(name, facts["purpose"])
        found[f"inventory/group_vars/{own}/network-interfaces"] = yaml_text(values)
    for name, facts in desired["hosts"].items():
        values = inventory.host_variables(desired, facts)
        found[f"inventory/host_vars/{name}/network-interfaces"] = yaml_text(values)
    found["kolla/globals.yml"] = yaml_text(kolla.globals_yml(desired))
    for path, sections in kolla.overrides(desired).items():
        found[f"kolla/config/{path}"] = ini_text(sections)
    found.update(hooks(desired))
    return {path: found[path] for path in sorted(found) if found[path]}

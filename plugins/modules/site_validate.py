#!/usr/bin/python
"""Checks a site's model; the work is in module_utils/site_model."""

from __future__ import annotations

DOCUMENTATION = r"""
module: site_validate
short_description: Check the model of a site
description:
  - Reads the YAML files of an inventory and reports everything that is wrong at once,
    with file, line, key, value, rule, and how to fix it. Changes nothing.
  - Runs on the controller, with Ansible's own Python (it needs pydantic).
options:
  inventory:
    description: The inventory's folder, or a file in it.
    type: path
    required: true
  hosts:
    description:
      - The hosts as C(site_host) has them, where they do not come from YAML files
        (filter C(site_inventory_hosts)).
    type: list
    elements: dict
  variables:
    description: The model's sections as Ansible sees them, for values that are templates.
    type: dict
    default: {}
author: Slipway maintainers (@slipway)
"""

EXAMPLES = r"""
- name: Check the site
  site_validate:
    inventory: "{{ ansible_inventory_sources | last }}"
  delegate_to: localhost
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
"""

RETURN = r"""
errors:
  description: What must be put right.
  returned: always
  type: list
  elements: dict
  sample:
    - {file: group_vars/all/nics.yml, line: 14, key: site_nic_profiles.data.vfs, value: 80,
       rule: vf-count, severity: error, message: the kernel refuses …, fix: Use at most 64.}
warnings_found:
  description: What works and deserves a look; shaped like errors.
  returned: always
  type: list
  elements: dict
notes:
  description: What is worth knowing; shaped like errors.
  returned: always
  type: list
  elements: dict
hosts:
  description: How many hosts were looked at.
  returned: always
  type: int
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    from ansible.module_utils.site_model.inventory import folder_of
    from ansible.module_utils.site_model.validate import validate
except ImportError as error:
    MISSING = error.name or "pydantic"
else:
    MISSING = ""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "inventory": {"type": "path", "required": True},
            "hosts": {"type": "list", "elements": "dict"},
            "variables": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    if MISSING:
        module.fail_json(msg=missing_required_lib(MISSING))
    parameters = module.params
    folder = folder_of(parameters["inventory"])
    report = validate(folder, parameters["hosts"], parameters["variables"])
    result = report.as_dict()
    result["warnings_found"] = result.pop("warnings")
    for problem in report.of("warning"):
        module.warn(str(problem))
    if result["errors"]:
        lines = report.lines()
        head = f"{len(result['errors'])} of the model's rules are broken in {folder.name}:"
        module.fail_json(msg="\n".join([head, *lines]), **result)
    module.exit_json(changed=False, msg=f"{folder.name}: {report.hosts} hosts, no errors", **result)


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Ansible's door to module_utils/cloud_config, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_config
short_description: Configuration of Kayobe and Kolla-Ansible as the model says
description:
  - Runs on the controller, with PyYAML. Writes Kayobe's folder from the site's model and lays the
    operator's own files over it; what these replace is listed.
  - A file that was changed by hand, or was there before, is refused and never lost. What the kit
    wrote and the model no longer names is removed.
options:
  desired:
    description: The deployment (C(site_model | cloud_deployment(hosts))).
    type: dict
    required: true
  folder:
    description: C($KAYOBE_CONFIG_PATH).
    type: path
    required: true
  own:
    description: Folder of the operator's own files, laid out as Kayobe's; none if empty.
    type: str
    default: ""
  discard:
    description: Files below I(folder) whose changes by hand are given up.
    type: list
    elements: str
    default: []
  verify:
    description: Also return checks.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Kayobe's folder
  cloud_config:
    desired: "{{ site_model | cloud_deployment(hosts) }}"
    folder: /srv/kayobe/etc/kayobe
    own: /srv/kayobe/own
  delegate_to: localhost
  vars:
    hosts: "{{ groups.all | map('extract', hostvars, 'site_host') | list }}"
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
"""

RETURN = r"""
replaced:
  description: What of the kit's the own files replace; C(path), C(key), C(kit).
  returned: always
  type: list
  elements: dict
same:
  description: What the own files say as the kit does; it may be left out there.
  returned: always
  type: list
  elements: str
restarts:
  description: Hosts by service that the changes restart when Kayobe deploys them.
  returned: always
  type: dict
steps:
  description: What was done, or would be in check mode; name, why, before, after, disrupts.
  returned: always
  type: list
  elements: dict
checks:
  description: Whether the files are as planned.
  returned: with verify
  type: list
  elements: dict
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cloud_config import CloudConfig, ConfigSpec, restarts
from ansible.module_utils.converge import ConvergeError, converge
from ansible.module_utils.host_kernel import difference
from ansible.module_utils.host_module import VERIFY
from ansible.module_utils.system import System

WANTED = {
    "desired": {"type": "dict", "required": True},
    "folder": {"type": "path", "required": True},
    "own": {"type": "str", "default": ""},
    "discard": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    module = AnsibleModule(argument_spec={**WANTED, **VERIFY}, supports_check_mode=True)
    try:
        spec = ConfigSpec(**{name: module.params[name] for name in WANTED})
        subject = CloudConfig(System(), spec)
        result = converge(subject, check=module.check_mode)
    except (ConvergeError, OSError, ValueError, RuntimeError) as error:
        module.fail_json(msg=str(error))
    if result.refusals:
        module.fail_json(msg="refused: " + "; ".join(result.refusals), refusals=result.refusals)
    for warning in result.warnings:
        module.warn(warning)
    paths = [step["name"].partition(":")[2] for step in result.steps]
    answer = {
        "changed": result.changed,
        "replaced": subject.laid.replaced,
        "same": subject.laid.same,
        "restarts": restarts(paths, spec.desired),
        "steps": result.steps,
        "diff": difference(result.steps),
    }
    if module.params["verify"]:
        answer["checks"] = [asdict(check) for check in subject.verify(result.after)]
    module.exit_json(**answer)


if __name__ == "__main__":
    main()

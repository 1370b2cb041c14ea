#!/usr/bin/python
"""Compares the model with a host's NICs; reads only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: site_compare
short_description: Compare the model with a host's NICs
description:
  - Looks whether the ports that the model names are there, have the driver and room for
    the VFs, and whether management is on an interface of its own; in switchdev mode also
    whether the ports belong to one NIC.
  - Reads the host's sysfs. Changes nothing.
options:
  datapath:
    description: What filter C(host_datapath) gives.
    type: dict
    required: true
  root:
    description: Where the host's file system is; for tests.
    type: path
    default: /
author: Slipway maintainers (@slipway)
"""

EXAMPLES = r"""
- name: Look at the NICs
  site_compare:
    datapath: "{{ site_model | host_datapath(site_host) }}"
"""

RETURN = r"""
differences:
  description: What is otherwise than the model says; empty if nothing is.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.host_datapath.spec import Spec
from ansible.module_utils.site_compare import differences
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "datapath": {"type": "dict", "required": True},
            "root": {"type": "path", "default": "/"},
        },
        supports_check_mode=True,
    )
    try:
        spec = Spec.from_dict(module.params["datapath"])
    except ValueError as error:
        module.fail_json(msg=f"datapath: {error}")
    found = differences(spec, System(module.params["root"]))
    if found:
        module.fail_json(
            msg="\n".join(["the host is not what the model says:", *found]), differences=found
        )
    module.exit_json(changed=False, differences=[])


if __name__ == "__main__":
    main()

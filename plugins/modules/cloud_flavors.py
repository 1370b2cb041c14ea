#!/usr/bin/python
"""Ansible's door to module_utils/cloud_flavors, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_flavors
short_description: Flavors of the cloud with all of their extra specs
description:
  - Runs on the controller. Extra specs that are not given are taken away.
  - A flavor whose size changed is made anew under the same name, first of all, and only while
    no server has it; else the run is refused. Servers of before would keep the old size.
  - What the kit made has its mark and is removed when it is no longer named, unless it is in use.
    What has not the mark is never changed or removed; of the same name it is refused.
extends_documentation_fragment: cloud
options:
  flavors:
    description: >-
      Flavors by name (C(vcpus), C(ram) in MiB, C(disk) in GiB, C(extra_specs), C(projects) that may
      use it; without any it is public).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: A flavor
  cloud_flavors:
    connection: {cloud: rack}
    site: rack
    flavors:
      small: {vcpus: 1, ram: 2048, disk: 10, extra_specs: {"hw:cpu_policy": dedicated}}
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
left:
  description: What the model no longer names and is in use.
  returned: always
  type: list
  elements: str
checks:
  description: One for each object.
  returned: with verify
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cloud.module import ARGUMENTS, run
from ansible.module_utils.cloud_flavors import CloudFlavors


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "flavors": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    given = module.params
    run(
        module,
        lambda cloud, mark: CloudFlavors(cloud, mark, given["flavors"], adopt=given["adopt"]),
    )


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Ansible's door to module_utils/cloud_projects, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_projects
short_description: Projects of the cloud and their quotas
description:
  - Runs on the controller. Brings projects of the default domain and their quotas in Nova,
    Neutron and Cinder to what is given; what a quota does not name stays as it is.
  - What the kit made has its mark and is removed when it is no longer named, unless it is in use.
    What has not the mark is never changed or removed; of the same name it is refused.
extends_documentation_fragment: cloud
options:
  projects:
    description: Projects by name, each with C(description) and C(quota).
    type: dict
    required: true
  own_roles:
    description: Roles that the connection's own user gets in each project, to make servers in it.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: A project
  cloud_projects:
    connection: {cloud: rack}
    site: rack
    projects:
      platform: {description: Our clusters, quota: {instances: 20, cores: 256}}
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
from ansible.module_utils.cloud_projects import CloudProjects


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "projects": {"type": "dict", "required": True},
            "own_roles": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    given = module.params
    run(
        module,
        lambda cloud, mark: CloudProjects(
            cloud, mark, given["projects"], own_roles=given["own_roles"], adopt=given["adopt"]
        ),
    )


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Ansible's door to module_utils/cloud_servers, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_servers
short_description: Sets of servers for clusters, with their ports and server groups
description:
  - Runs on the controller. Makes servers side by side, with ports by VF where asked; corrects
    what can be changed while a server runs.
  - What needs a new server is listed, and with C(replace) done one after the other; ports stay,
    and with them addresses.
  - Fewer servers of a set go from the end, if the kit made them. What is not the kit's is never
    changed.
extends_documentation_fragment: cloud
options:
  sets:
    description: The sets (C(module_utils/cloud_servers/spec.py), ServersSpec).
    type: list
    elements: dict
    required: true
  replace:
    description: Replace servers that cannot be changed in place.
    type: bool
    default: false
  remove:
    description: Remove servers of sets that are no longer given.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Workers
  cloud_servers:
    connection: {cloud: rack}
    site: rack
    sets:
      - name: worker
        project: platform
        flavor: rdma.large
        image: debian-13-rdma
        count: 4
        ports: [{network: external}, {network: storage, direct: true, switchdev: true}]
"""

RETURN = r"""
addresses:
  description: Server, network, address.
  returned: always
  type: dict
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
left:
  description: What is not as the model says, and why it stays.
  returned: always
  type: list
  elements: str
checks:
  description: One for each server.
  returned: with verify
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cloud.module import ARGUMENTS, run
from ansible.module_utils.cloud_servers import CloudServers, ServersSpec, SpecError
from ansible.module_utils.cloud_servers.subject import addresses


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "sets": {"type": "list", "elements": "dict", "required": True},
            "replace": {"type": "bool", "default": False},
            "remove": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    given = module.params
    try:
        spec = ServersSpec.parse(given["sets"])
    except SpecError as error:
        module.fail_json(msg=str(error))
    run(
        module,
        lambda cloud, mark: CloudServers(
            cloud, mark, spec, replace=given["replace"], remove=given["remove"]
        ),
        lambda after: {"addresses": addresses(spec, after)},
    )


if __name__ == "__main__":
    main()

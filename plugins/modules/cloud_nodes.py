#!/usr/bin/python
"""Ansible's door to module_utils/cloud_nodes, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_nodes
short_description: Bare-metal nodes of Ironic, the whole list
description:
  - Enrolls, manages, inspects, cleans and provides nodes, from whatever state each is in, with
    their traits, properties, BIOS and RAID settings, ports and port groups. Drift is corrected.
  - A node that is in use keeps its state, and gets only what its server does not notice. A node
    in maintenance by a person is not touched.
  - A node that fails is named with Ironic's last error; the others go on.
  - Removes only nodes that the kit made and that nobody uses.
extends_documentation_fragment: cloud
options:
  nodes:
    description: The nodes (C(module_utils/cloud_nodes/spec.py), NodesSpec).
    type: list
    elements: dict
    required: true
  credentials:
    description: >-
      JSON, by node name or C(default): C(username), C(password) and further secret keys of
      C(driver_info). A text, so that Ansible hides all of it and not each word in it everywhere.
    type: str
    default: "{}"
  at_once:
    description: Nodes on their way at a time.
    type: int
    default: 50
  node_timeout:
    description: Seconds for each node.
    type: int
    default: 3600
"""

EXAMPLES = r"""
- name: Nodes
  cloud_nodes:
    connection: {cloud: rack}
    site: "{{ site.name }}"
    nodes: "{{ site_model | cloud_nodes }}"
    credentials: "{{ cloud_nodes_credentials | to_json }}"
"""

RETURN = r"""
nodes:
  description: UUID and state of each node by name.
  returned: always
  type: dict
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
left:
  description: What is not as the model says and is not safe to change now.
  returned: always
  type: list
  elements: str
checks:
  description: One for each node.
  returned: with verify
  type: list
  elements: dict
"""

import json
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cloud.module import ARGUMENTS, run
from ansible.module_utils.cloud_nodes import CloudNodes, NodesSpec, SpecError
from ansible.module_utils.cloud_nodes.subject import states


def secrets(text: str) -> dict[str, Any]:
    """The credentials; an error does not quote them."""
    try:
        found = json.loads(text)
    except ValueError:
        raise SpecError("credentials: must be JSON; use `| to_json`") from None
    if not isinstance(found, dict):
        raise SpecError("credentials: must be a mapping by node name or `default`")
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "nodes": {"type": "list", "elements": "dict", "required": True},
            "credentials": {"type": "str", "default": "{}", "no_log": True},
            "at_once": {"type": "int", "default": 50},
            "node_timeout": {"type": "int", "default": 3600},
        },
        supports_check_mode=True,
    )
    given = module.params
    run(
        module,
        lambda cloud, mark: CloudNodes(
            cloud, NodesSpec.parse(given["nodes"], secrets(given["credentials"])), mark.site,
            adopt=given["adopt"], timeout=given["node_timeout"],
        ),
        lambda after: {"nodes": states(after)},
        at_once=given["at_once"],
    )  # fmt: skip


if __name__ == "__main__":
    main()

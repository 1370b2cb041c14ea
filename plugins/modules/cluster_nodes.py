#!/usr/bin/python
"""Ansible's door to module_utils/cluster_nodes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_nodes
short_description: Labels and taints of a cluster's nodes
description:
  - Runs on a control plane. Those that the kit gave and the model no longer names are taken;
    those of others stay.
options:
  desired:
    description: The nodes (C(module_utils/cluster_nodes/spec.py), NodesSpec).
    type: dict
    required: true
    suboptions:
      nodes:
        description: Each with C(name), C(labels) and C(taints) as key=value:effect.
        type: list
        elements: dict
        required: true
  verify:
    description: Also return a check for each node.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Labels and taints
  cluster_nodes:
    desired:
      nodes:
        - {name: node-1, labels: {rack: a}, taints: ["gpu=yes:NoSchedule"]}
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
checks:
  description: One for each node.
  returned: with verify
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_nodes import ClusterNodes, NodesSpec
from ansible.module_utils.host_module import VERIFY, run
from ansible.module_utils.kube_api import Api
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={"desired": {"type": "dict", "required": True}, **VERIFY},
        supports_check_mode=True,
    )
    system = System()

    def connect() -> Api | None:
        return Api.of_control_plane(system, check=module.check_mode)

    run(
        module,
        system,
        lambda: ClusterNodes(connect, NodesSpec.parse(module.params["desired"])),
        "/var/lib/slipway/nodes-journal.jsonl",
    )


if __name__ == "__main__":
    main()

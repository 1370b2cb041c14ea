#!/usr/bin/python
"""Ansible's door to module_utils/cluster_removal."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_removal
short_description: Nodes that leave a cluster
description:
  - Runs on a control plane. Names the nodes that the model no longer has; those that are to leave
    are cordoned, drained by the eviction API, taken out of etcd and deleted.
  - All is refused before the first one is touched where a node is in the model, where etcd would
    lose its quorum, or where pods would be lost.
options:
  desired:
    description: Who stays and who leaves (C(module_utils/cluster_removal/spec.py), RemovalSpec).
    type: dict
    required: true
    suboptions:
      model:
        description: Names of the nodes that the model has.
        type: list
        elements: str
        required: true
      remove:
        description: Names of the nodes that are to leave.
        type: list
        elements: str
        default: []
      force:
        description: Whether pods that nobody brings back may be lost with their node.
        type: bool
        default: false
      wait:
        description: Seconds for the pods of a node to leave.
        type: int
        default: 300
  verify:
    description: Also return a check for each node that is to leave.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: One node leaves
  cluster_removal:
    desired:
      model: [node-1, node-2]
      remove: [node-3]
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
left:
  description: Nodes that the model does not have and that stay.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_removal import ClusterRemoval, RemovalSpec
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
        lambda: ClusterRemoval(system, RemovalSpec.parse(module.params["desired"]), connect),
        "/var/lib/slipway/removal-journal.jsonl",
    )


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Ansible's door to module_utils/cluster_objects."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_objects
short_description: Objects of a cluster, as one set
description:
  - Runs on a control plane. Applies all objects on the server's side; drift is corrected, what
    the set no longer names is removed. Namespaces, definitions of resources and volume claims
    are listed, not removed.
  - Objects that are not there are created; a diff shows values of secrets as hashes.
options:
  desired:
    description: The set (C(module_utils/cluster_objects/spec.py), ObjectsSpec).
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the set, unique in the cluster.
        type: str
        required: true
      objects:
        description: Manifests, in the order in which they are applied.
        type: list
        elements: dict
        required: true
  wait:
    description: Seconds for workloads to be ready; 0 does not wait.
    type: int
    default: 0
  verify:
    description: Also return a check for each object.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: A namespace
  cluster_objects:
    desired:
      name: tenants
      objects:
        - apiVersion: v1
          kind: Namespace
          metadata: {name: climate}
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
left:
  description: What the set no longer names and is not safe to remove.
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
from ansible.module_utils.cluster_objects import ClusterObjects, ObjectsSpec
from ansible.module_utils.host_module import VERIFY, run
from ansible.module_utils.kube_api import Api
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "desired": {"type": "dict", "required": True},
            "wait": {"type": "int", "default": 0},
            **VERIFY,
        },
        supports_check_mode=True,
    )
    system = System()

    def connect() -> Api | None:
        return Api.of_control_plane(system, check=module.check_mode)

    run(
        module,
        system,
        lambda: ClusterObjects(
            connect, ObjectsSpec.parse(module.params["desired"]), wait=module.params["wait"]
        ),
        "/var/lib/slipway/objects-journal.jsonl",
    )


if __name__ == "__main__":
    main()

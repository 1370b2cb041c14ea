#!/usr/bin/python
"""Ansible's door to module_utils/cluster_rdma."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_rdma
short_description: RDMA for pods of a node
description:
  - VFs that only pods use are up, with their fabric's MTU, and trusted; kubelet places pods on NUMA
    nodes as the model says.
  - With plugin C(stand-in), the node's own status offers the count of RDMA resources.
options:
  desired:
    description: The desired state (C(module_utils/cluster_rdma/spec.py), RdmaSpec).
    type: dict
    required: true
    suboptions:
      node:
        description: Name of the node in its cluster.
        type: str
        required: true
      plugin:
        description: Who offers the resources; C(shared), C(sriov) or C(stand-in).
        type: str
        required: true
      parents:
        description: VFs that only pods use, by interface, each with C(port), C(vf) and C(mtu).
        type: dict
        default: {}
      resources:
        description: How many pods may share each resource, such as C(rdma/data).
        type: dict
        default: {}
      numa:
        description: C(topology), C(reserved_cpus), C(reserved_memory); unset, kubelet's default.
        type: dict
  verify:
    description: Also return a check for each interface, file and resource.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: RDMA for pods
  cluster_rdma:
    desired:
      node: worker-1
      plugin: shared
      parents: {data0v0: {port: data0, vf: 0, mtu: 9000}}
      numa: {topology: single-numa-node, reserved_cpus: 0-1}
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
checks:
  description: One for each interface, file and resource.
  returned: with verify
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_rdma import ClusterRdma, RdmaSpec
from ansible.module_utils.host_module import VERIFY, run
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={"desired": {"type": "dict", "required": True}, **VERIFY},
        supports_check_mode=True,
    )
    system = System()
    run(
        module,
        system,
        lambda: ClusterRdma(system, RdmaSpec.parse(module.params["desired"])),
        "/var/lib/slipway/pod-rdma-journal.jsonl",
    )


if __name__ == "__main__":
    main()

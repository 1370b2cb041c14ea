#!/usr/bin/python
"""Ansible's door to module_utils/cluster_endpoint."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_endpoint
short_description: The virtual address of a cluster's API server
description:
  - keepalived on each control plane; one whose API server is ready has the address. Without a
    virtual address what the kit has set up is taken away.
options:
  desired:
    description: The desired state (C(module_utils/cluster_endpoint/spec.py), EndpointSpec).
    type: dict
    required: true
    suboptions:
      cluster:
        description: The cluster's name.
        type: str
        required: true
      virtual:
        description: The address; empty where a load balancer of the site is in front.
        type: str
      address:
        description: The node's own address.
        type: str
        required: true
      members:
        description: Addresses of all control planes, in the same order on each.
        type: list
        elements: str
        default: []
      port:
        description: TCP port of the API server.
        type: int
        default: 6443
  verify:
    description: Also return whether it is held.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Address of the API server
  cluster_endpoint:
    desired:
      cluster: alpha
      virtual: 192.168.77.30
      address: 192.168.77.31
      members: [192.168.77.31, 192.168.77.32, 192.168.77.33]
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
checks:
  description: Whether keepalived runs.
  returned: with verify
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_endpoint import ClusterEndpoint, EndpointSpec
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
        lambda: ClusterEndpoint(system, EndpointSpec.parse(module.params["desired"])),
        "/var/lib/slipway/endpoint-journal.jsonl",
    )


if __name__ == "__main__":
    main()

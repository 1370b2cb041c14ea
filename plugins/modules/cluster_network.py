#!/usr/bin/python
"""Ansible's door to module_utils/cluster_network."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_network
short_description: Pod networks of a node
description:
  - The plain bridge as primary network, with routes to the pods of other nodes.
  - Fabrics as second interfaces, by Multus, which is then the only way to a network at all.
options:
  desired:
    description: The desired state (C(module_utils/cluster_network/spec.py), NetworkSpec).
    type: dict
    required: true
    suboptions:
      node:
        description: Name of the node in its cluster.
        type: str
        required: true
      pod_subnet:
        description: Addresses of this node's pods on the bridge; empty where another CNI has them.
        type: str
        default: ""
      pods:
        description: >-
          Pods of the whole cluster on the plain bridge; they reach what is outside under their
          node's address.
        type: str
        default: ""
      mtu:
        description: Of pods' primary interfaces, in bytes.
        type: int
        default: 1500
      routes:
        description: Pod subnets of other nodes, with the address of the node.
        type: dict
        default: {}
      multus:
        description: Whether pods of the cluster can have second interfaces.
        type: bool
        default: false
      fabrics:
        description:
          - Second interfaces of this node by fabric, each with C(interface), C(kind), C(mtu),
            C(plugins), C(subnet), and C(first) and C(last) address of this node's pods.
        type: dict
        default: {}
  verify:
    description: Also return a check for each file, route and service.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Pods on a bridge
  cluster_network:
    desired:
      node: worker-1
      pod_subnet: 10.101.12.0/24
      pods: 10.101.0.0/16
      routes: {10.101.11.0/24: 192.168.77.31}
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
checks:
  description: One for each file, route and service.
  returned: with verify
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_network import ClusterNetwork, NetworkSpec
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
        lambda: ClusterNetwork(system, NetworkSpec.parse(module.params["desired"])),
        "/var/lib/slipway/network-journal.jsonl",
    )


if __name__ == "__main__":
    main()

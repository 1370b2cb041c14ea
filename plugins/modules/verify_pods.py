#!/usr/bin/python
"""Ansible's door to module_utils/pod_bench."""

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_pods
short_description: Measures between pods of a cluster
description:
  - Runs on a control plane. A Job on each node serves, a Job for each ordered pair of nodes
    measures, one pair after another, iperf3 over every network and RDMA's curves over the fabrics
    that have it. Nothing is left in the cluster.
  - In check mode nothing is measured.
options:
  settings:
    description: What is measured (C(module_utils/pod_bench/settings.py), Settings).
    type: dict
    required: true
    suboptions:
      image:
        description: With python3, iproute2, iperf3 and perftest.
        type: str
        required: true
      seconds:
        description: Of each run of iperf3.
        type: int
        default: 3
      sizes:
        description: Bytes of RDMA's curves.
        type: list
        elements: int
        default: []
      volume:
        description: Bytes that each point of a curve moves.
        type: int
        default: 1048576
      timeout:
        description: Seconds for one pair of nodes, and for a node's pod to start.
        type: int
        default: 300
      nodes:
        description: Names of nodes; all that are ready by default.
        type: list
        elements: str
        default: []
      privileged:
        description: Pods with RDMA are privileged, where no device plugin hands the device over.
        type: bool
        default: false
  source:
    description: What the figures are; C(hardware), C(emulation) or C(stand-in).
    type: str
    default: hardware
"""

EXAMPLES = r"""
- name: Between all nodes
  verify_pods:
    settings:
      image: registry.example.org/toolbox:1
      sizes: [64, 4096, 65536]
"""

RETURN = r"""
nodes:
  description: C(findings) of each node; checks and curves as verify_hosts has them.
  returned: always
  type: dict
mesh:
  description: network, source, target, gbits of each measured pair.
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.kube_api import Api, ApiError
from ansible.module_utils.pod_bench import Bench, Settings
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "settings": {"type": "dict", "required": True},
            "source": {
                "type": "str", "default": "hardware",
                "choices": ["hardware", "emulation", "stand-in"],
            },
        },
        supports_check_mode=True,
    )  # fmt: skip
    if module.check_mode:
        module.exit_json(changed=False, nodes={}, mesh=[])
    try:
        settings = Settings.parse(module.params["settings"])
        bench = Bench(Api.of_kubeconfig(System()), settings, module.params["source"])
        result = bench.run()
    except (ApiError, OSError, RuntimeError, ValueError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()

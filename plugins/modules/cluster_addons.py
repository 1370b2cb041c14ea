#!/usr/bin/python
"""Ansible's door to module_utils/cluster_addons."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_addons
short_description: kube-proxy and CoreDNS of a cluster
description:
  - Runs on a control plane. Keeps the addons as kubeadm of the cluster's version writes them.
options:
  desired:
    description: The desired addons (C(module_utils/cluster_addons/spec.py), AddonsSpec).
    type: dict
    required: true
  wait:
    description: Seconds for them to be ready; 0 does not wait.
    type: int
    default: 0
  verify:
    description: Also return a check for each object.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Addons
  cluster_addons:
    desired: "{{ __cluster_addons_desired }}"
    wait: 120
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
checks:
  description: One for each object.
  returned: with verify
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_addons import AddonsSpec, ClusterAddons
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
        lambda: ClusterAddons(
            system, connect, AddonsSpec.parse(module.params["desired"]), wait=module.params["wait"]
        ),
        "/var/lib/slipway/objects-journal.jsonl",
    )


if __name__ == "__main__":
    main()

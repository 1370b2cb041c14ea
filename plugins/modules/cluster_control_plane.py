#!/usr/bin/python
"""Ansible's door to module_utils/cluster_control_plane."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_control_plane
short_description: What keeps a control plane as the model says
description:
  - Static pods are made anew by kubeadm where they differ from what it would make now; renewed
    certificates come into use. Run it on one control plane after the other.
options:
  desired:
    description: The desired state (C(module_utils/cluster_control_plane/spec.py),
      ControlPlaneSpec).
    type: dict
    required: true
    suboptions:
      kubeadm:
        description: The node's membership, as the module C(cluster_kubeadm) takes it.
        type: dict
        required: true
      cluster_wide:
        description: Whether this node looks after what the control planes share.
        type: bool
        default: false
      certificate_days:
        description: Certificates that end sooner are renewed.
        type: int
        default: 60
      snapshot_calendar:
        description: When snapshots of etcd are taken, as systemd.time says it; empty for never.
        type: str
        default: "*-*-* 00/6:00:00"
      snapshot_keep:
        description: How many snapshots stay.
        type: int
        default: 12
  verify:
    description: Also return a check for each setting.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Settings, snapshots and certificates of a control plane
  cluster_control_plane:
    desired:
      kubeadm: "{{ cluster_kubeadm_desired }}"
      cluster_wide: true
  throttle: 1
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
checks:
  description: One for each setting.
  returned: with verify
  type: list
  elements: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_control_plane import ControlPlaneSpec, Serving, Upkeep
from ansible.module_utils.host_module import VERIFY, run
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={"desired": {"type": "dict", "required": True}, **VERIFY},
        supports_check_mode=True,
    )
    system = System()

    def subjects() -> list[Any]:
        spec = ControlPlaneSpec.parse(module.params["desired"])
        return [Serving(system, spec), Upkeep(system, spec)]

    run(module, system, subjects, "/var/lib/slipway/control-plane-journal.jsonl")


if __name__ == "__main__":
    main()

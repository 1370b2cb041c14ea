#!/usr/bin/python
"""Ansible's door to module_utils/cluster_upgrade."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_upgrade
short_description: A node's way to the model's version of Kubernetes
description:
  - One phase on one node; the order is the role's. A phase that is done changes nothing.
options:
  phase:
    description:
      - C(guard) refuses a node that runs another version, C(look) says whether the node has to be
        upgraded; neither changes anything.
      - C(manifests) is kubeadm's upgrade, C(kubelet) restarts kubelet. C(close) and C(open) cordon,
        drain and uncordon the node of C(desired), and run on a control plane.
    type: str
    choices: [guard, look, manifests, close, kubelet, open]
    required: true
  desired:
    description: The membership of the node (C(module_utils/cluster_upgrade/node.py), UpgradeSpec).
    type: dict
    required: true
  wait:
    description: Seconds for the pods of the node to leave.
    type: int
    default: 300
  force:
    description: Whether pods that nobody brings back may be lost.
    type: bool
    default: false
  verify:
    description: Checks are the membership's (C(cluster_kubeadm)); none are returned here.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: What has to be upgraded
  cluster_upgrade:
    phase: look
    desired:
      kubeadm: "{{ cluster_kubeadm_desired }}"
"""

RETURN = r"""
required:
  description: Whether the node has to be upgraded.
  returned: with look
  type: bool
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_upgrade import (
    Close,
    Guard,
    Kubelet,
    Manifests,
    Open,
    UpgradeSpec,
    look,
)
from ansible.module_utils.host_module import VERIFY, run
from ansible.module_utils.kube_api import Api
from ansible.module_utils.system import System


def subject(module: AnsibleModule, system: System, spec: UpgradeSpec) -> Any:
    """The phase as a subject of converge."""
    given, node = module.params, spec.kubeadm.node

    def connect() -> Api:
        return Api.of_kubeconfig(system)

    if given["phase"] == "close":
        wait, force = given["wait"], given["force"]
        return Close(system, node, connect, wanted=spec.wanted, wait=wait, force=force)
    if given["phase"] == "open":
        return Open(system, node, connect)
    return {"guard": Guard, "manifests": Manifests, "kubelet": Kubelet}[given["phase"]](
        system, spec
    )


def main() -> None:
    phases = ["guard", "look", "manifests", "close", "kubelet", "open"]
    module = AnsibleModule(
        argument_spec={
            "phase": {"type": "str", "required": True, "choices": phases},
            "desired": {"type": "dict", "required": True},
            "wait": {"type": "int", "default": 300},
            "force": {"type": "bool", "default": False},
            **VERIFY,
        },
        supports_check_mode=True,
    )
    system = System()
    if module.params["phase"] == "look":
        try:
            required, refusals = look(system, UpgradeSpec.parse(module.params["desired"]))
        except (OSError, ValueError, RuntimeError) as error:
            module.fail_json(msg=str(error))
        if refusals:
            module.fail_json(msg="refused: " + "; ".join(map(str, refusals)))
        module.exit_json(changed=False, required=required, steps=[])
    run(
        module,
        system,
        lambda: subject(module, system, UpgradeSpec.parse(module.params["desired"])),
        "/var/lib/slipway/upgrade-journal.jsonl",
    )


if __name__ == "__main__":
    main()

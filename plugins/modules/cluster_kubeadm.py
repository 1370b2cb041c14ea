#!/usr/bin/python
"""Ansible's door to module_utils/cluster_kubeadm."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_kubeadm
short_description: A node's membership in a cluster
description:
  - With C(init) the node begins the cluster, with C(join) it joins; with neither, a node that is
    not in its cluster answers C(join_required) and nothing is changed.
  - With C(credentials) it makes what lets other nodes join, for 15 minutes.
  - What a cut run of kubeadm left is gone on from.
options:
  desired:
    description: The membership (C(module_utils/cluster_kubeadm/spec.py), KubeadmSpec).
    type: dict
    required: true
  init:
    description: Begin the cluster here, unless the node is in it.
    type: bool
    default: false
  join:
    description: Credentials, as a control plane made them.
    type: dict
  credentials:
    description: Make credentials for the node of C(desired), and nothing else. A member of etcd
      that a control plane of that name has left is taken out, unless etcd would lose its quorum.
    type: bool
    default: false
  verify:
    description: Also return what is proven of the membership.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Begin the cluster
  cluster_kubeadm:
    desired: "{{ cluster_kubeadm_desired }}"
    init: true
"""

RETURN = r"""
join_required:
  description: Whether the node is not in its cluster yet and needs credentials.
  returned: without credentials
  type: bool
join:
  description: C(token), C(ca) and C(files).
  returned: with credentials
  type: dict
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: without credentials
  type: list
  elements: dict
checks:
  description: What is proven of the membership.
  returned: with verify
  type: list
  elements: dict
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_kubeadm import (
    ClusterKubeadm,
    Join,
    KubeadmSpec,
    join_credentials,
)
from ansible.module_utils.converge import ConvergeError, Journal, converge
from ansible.module_utils.host_kernel import difference
from ansible.module_utils.system import System

JOURNAL = "/var/lib/slipway/kubeadm-journal.jsonl"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "desired": {"type": "dict", "required": True},
            "init": {"type": "bool", "default": False},
            "join": {"type": "dict", "no_log": True},
            "credentials": {"type": "bool", "default": False},
            "verify": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("init", "join", "credentials")],
        supports_check_mode=True,
    )
    given, system = module.params, System()
    try:
        spec = KubeadmSpec.parse(given["desired"])
        if given["credentials"]:
            if module.check_mode:
                module.exit_json(changed=True, join={})
            module.exit_json(changed=True, join=join_credentials(system, spec))
        # check mode makes no credentials, and needs none to say what would be done
        unknown = module.check_mode and given["join"] is not None
        join = Join("", "") if unknown else Join.parse(given["join"])
        subject = ClusterKubeadm(system, spec, init=given["init"], join=join)
        result = converge(subject, check=module.check_mode, journal=Journal(JOURNAL))
    except (ConvergeError, OSError, ValueError, RuntimeError) as error:
        module.fail_json(msg=str(error))
    if result.refusals:
        module.fail_json(msg="refused: " + "; ".join(result.refusals), refusals=result.refusals)
    required = subject.join_required(result.after)
    answer = {
        "changed": result.changed,
        "join_required": required,
        "steps": result.steps,
        "diff": difference(result.steps),
    }
    if given["verify"]:
        answer["checks"] = [asdict(check) for check in subject.verify(result.after)]
    module.exit_json(**answer)


if __name__ == "__main__":
    main()

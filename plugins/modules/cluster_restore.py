#!/usr/bin/python
"""Ansible's door to module_utils/cluster_restore."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_restore
short_description: A cluster's control planes from a snapshot of etcd
description:
  - One phase on one control plane; the order is the role's. A phase that was done in this restore
    changes nothing.
options:
  phase:
    description:
      - C(look) checks the confirmation, and the snapshot where it is, and changes nothing.
      - C(begin) marks the node that gets the snapshot, C(reset) empties a control plane,
        C(restore) makes the first one of the snapshot, C(finish) ends the restore.
    type: str
    choices: [look, begin, reset, restore, finish]
    required: true
  desired:
    description: The node and the snapshot (C(module_utils/cluster_restore/subject.py),
      RestoreSpec).
    type: dict
    required: true
  confirm:
    description: For C(look), the cluster's name; not asked for in check mode.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Look for the snapshot
  cluster_restore:
    phase: look
    desired:
      kubeadm: "{{ cluster_kubeadm_desired }}"
      snapshot: etcd-20260101T000000Z.tar
    confirm: main
"""

RETURN = r"""
holds:
  description: Whether the snapshot is on this node.
  returned: always
  type: bool
seeds:
  description: Whether this node gets the snapshot in a restore that is not finished.
  returned: always
  type: bool
state:
  description: How far a restore of this snapshot is here; empty for none.
  returned: always
  type: str
identity:
  description: Which restore it is.
  returned: always
  type: str
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_restore import (
    Begin,
    Finish,
    Reset,
    Restore,
    RestoreSpec,
    check,
)
from ansible.module_utils.cluster_restore.subject import Phase
from ansible.module_utils.converge import ConvergeError, Journal, converge
from ansible.module_utils.host_kernel import difference
from ansible.module_utils.system import System

JOURNAL = "/var/lib/slipway/restore-journal.jsonl"
PHASES = {"begin": Begin, "reset": Reset, "restore": Restore, "finish": Finish}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "phase": {"type": "str", "required": True, "choices": ["look", *PHASES]},
            "desired": {"type": "dict", "required": True},
            "confirm": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    given, system = module.params, System()
    facts = ("holds", "seeds", "state", "identity")
    try:
        spec = RestoreSpec.parse(given["desired"])
        if given["phase"] == "look":
            cluster = spec.kubeadm.cluster
            if given["confirm"] != cluster and not module.check_mode:
                module.fail_json(
                    msg=f"{cluster} loses what it has stored since {spec.snapshot}: confirm with "
                    f"-e cluster_restore_confirm={cluster} (with --check the plan is shown)"
                )
            seen = Phase(system, spec).observe()
            if seen["holds"]:
                check(system, spec.snapshot, cluster)
            module.exit_json(changed=False, steps=[], **{key: seen[key] for key in facts})
        subject = PHASES[given["phase"]](system, spec)
        result = converge(subject, check=module.check_mode, journal=Journal(JOURNAL))
    except (ConvergeError, OSError, ValueError, RuntimeError) as error:
        module.fail_json(msg=str(error))
    if result.refusals:
        module.fail_json(msg="refused: " + "; ".join(result.refusals))
    module.exit_json(
        changed=result.changed,
        steps=result.steps,
        diff=difference(result.steps),
        **{key: result.after[key] for key in facts},
    )


if __name__ == "__main__":
    main()

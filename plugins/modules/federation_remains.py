#!/usr/bin/python
"""Ansible's door to module_utils/federation/remains."""

from __future__ import annotations

DOCUMENTATION = r"""
module: federation_remains
short_description: Take away what links that are over have left in a cluster
description:
  - Runs on a control plane. Deletes what peers made here and the nodes that stood for targets,
    gives services their own selector back, and takes namespaces' labels away. Namespaces stay,
    with all that is not the federation's.
options:
  desired:
    description: Namespaces of the links that there are.
    type: dict
    required: true
    suboptions:
      inbound:
        description: That pods come to.
        type: list
        elements: str
      outbound:
        description: Names of links by namespace, whose pods leave.
        type: dict
  verify:
    description: Also return the check.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Nothing is left of other links
  federation_remains:
    desired:
      inbound: [shared]
      outbound:
        work: [alpha-to-beta]
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
checks:
  description: Whether anything is left.
  returned: with verify
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.federation.remains import Remains, RemainsSpec
from ansible.module_utils.host_module import VERIFY, run
from ansible.module_utils.kube_api import Api
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={"desired": {"type": "dict", "required": True}, **VERIFY},
        supports_check_mode=True,
    )
    system = System()

    def subject() -> Remains:
        spec = RemainsSpec.parse(module.params["desired"])
        return Remains(lambda: Api.of_control_plane(system, check=module.check_mode), spec)

    run(module, system, subject, "/var/lib/slipway/objects-journal.jsonl")


if __name__ == "__main__":
    main()

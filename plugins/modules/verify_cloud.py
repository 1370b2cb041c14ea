#!/usr/bin/python
"""Ansible's door to module_utils/cloud_verify, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_cloud
short_description: Prove a cloud
description:
  - Runs on the controller. Asks whether agents are up, quotas are the model's, VFs are in use as
    the model has them, each flavor finds a place, and bare-metal nodes are in their state.
  - Starts a server with a VF port, waits until it is ACTIVE, and takes it away; in check mode not.
  - What is wrong is a check that does not hold, never a failure of the module.
extends_documentation_fragment: cloud
options:
  facts:
    description: What is proven (C(module_utils/cloud_verify/spec.py), VerifySpec).
    type: dict
    required: true
  canary:
    description: Whether the canary is started.
    type: bool
    default: true
  source:
    description: Where figures come from.
    type: str
    choices: [hardware, emulation, stand-in]
    default: hardware
"""

EXAMPLES = r"""
- name: Prove it
  verify_cloud:
    connection: {cloud: rack}
    site: rack
    facts: "{{ site_model | cloud_verify(hosts) }}"
"""

RETURN = r"""
rows:
  description: Row of the report, and its findings.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cloud.marks import Mark
from ansible.module_utils.cloud.module import ARGUMENTS, connected
from ansible.module_utils.cloud_verify import Verifier, VerifySpec


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "connection": ARGUMENTS["connection"],
            "site": ARGUMENTS["site"],
            "facts": {"type": "dict", "required": True},
            "canary": {"type": "bool", "default": True},
            "source": {
                "type": "str",
                "choices": ["hardware", "emulation", "stand-in"],
                "default": "hardware",
            },
        },
        supports_check_mode=True,
    )
    given = module.params
    try:
        spec = VerifySpec.parse(given["facts"], given["source"])
        fly = given["canary"] and not module.check_mode
        rows = Verifier(connected(module), Mark(given["site"]), spec, fly=fly).run()
    except (OSError, ValueError, RuntimeError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, rows={name: {"findings": row} for name, row in rows.items()})


if __name__ == "__main__":
    main()

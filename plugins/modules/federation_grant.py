#!/usr/bin/python
"""Ansible's door to module_utils/federation/granting.py, on a control plane."""

from __future__ import annotations

DOCUMENTATION = r"""
module: federation_grant
short_description: Tokens of the accounts by which peers come
description:
  - Runs on a control plane of a target. Has the API server make a token for each account that is
    due. It keeps none of them, and those made before go on until their own end.
  - The answer holds secrets, so the task needs C(no_log). What went wrong is in C(problem), for a
    task after it to say; the task itself does not fail.
options:
  accounts:
    description: Accounts by link (C(module_utils/federation/granting.py), Account).
    type: list
    elements: dict
    required: true
  now:
    description: Make all anew, due or not.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Tokens that are due
  federation_grant:
    accounts:
      - {link: alpha-to-beta, namespace: slipway-federation, name: alpha-to-beta, lifetime: 3600}
  no_log: true
  register: made
"""

RETURN = r"""
made:
  description: C(token) and C(account) (its uid) by link. Secret.
  returned: always
  type: dict
problem:
  description: Why not all could be made; empty.
  returned: always
  type: str
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.converge import ConvergeError, converge
from ansible.module_utils.federation.granting import Grants, accounts
from ansible.module_utils.kube_api import Api
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "accounts": {"type": "list", "elements": "dict", "required": True},
            "now": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    answer: dict[str, Any] = {"changed": False, "made": {}, "problem": "", "steps": []}
    try:
        grants = Grants(
            lambda: Api.of_control_plane(System(), check=module.check_mode),
            accounts(module.params["accounts"]), now=module.params["now"],
        )  # fmt: skip
        result = converge(grants, check=module.check_mode)
        answer |= {"changed": result.changed, "made": grants.made, "steps": result.steps}
    except (ConvergeError, OSError, ValueError, RuntimeError) as error:
        answer["problem"] = str(error)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()

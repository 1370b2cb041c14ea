#!/usr/bin/python
"""Ansible's door to module_utils/federation's sending and receiving, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: federation_tokens
short_description: Tokens between sites, sealed and opened
description:
  - Runs on the controller. Seals what C(federation_grant) made for the peers and writes it below
    C(sent); opens what C(federation_exchange) has taken from them.
  - Arguments and answer hold secrets, so the task needs C(no_log). What went wrong is in
    C(problem), for a task after it to say; the task itself does not fail.
options:
  desired:
    description: As C(federation_exchange) has it.
    type: dict
    required: true
  cluster:
    description: Whose tokens are opened.
    type: str
    default: ""
  made:
    description: C(token) and C(account) by link, to be sent.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Tokens of this cluster's links
  federation_tokens:
    desired: "{{ exchange }}"
    cluster: alpha
  delegate_to: localhost
  no_log: true
  register: taken
"""

RETURN = r"""
tokens:
  description: By link, those that came for C(cluster). Secret.
  returned: always
  type: dict
problem:
  description: Why not all was done; empty.
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
from ansible.module_utils.federation.engine import engine
from ansible.module_utils.federation.exchange import FederationExchange
from ansible.module_utils.federation.sending import Sending
from ansible.module_utils.federation.terms import ExchangeSpec
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "desired": {"type": "dict", "required": True},
            "cluster": {"type": "str", "default": ""},
            "made": {"type": "dict", "default": {}, "no_log": True},
        },
        supports_check_mode=True,
    )
    answer: dict[str, Any] = {"changed": False, "tokens": {}, "problem": "", "steps": []}
    try:
        spec = ExchangeSpec.parse(module.params["desired"], engine().subject)
        exchange = FederationExchange(System(), spec)
        result = converge(Sending(exchange, module.params["made"]), check=module.check_mode)
        answer |= {
            "changed": result.changed, "steps": result.steps,
            "problem": "; ".join(result.refusals),
            "tokens": exchange.receiving.tokens(result.after, module.params["cluster"]),
        }  # fmt: skip
    except (ConvergeError, OSError, ValueError, RuntimeError) as error:
        answer["problem"] = str(error)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()

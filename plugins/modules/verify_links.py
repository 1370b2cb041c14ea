#!/usr/bin/python
"""Ansible's door to module_utils/federation_verify."""

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_links
short_description: Proves links between sites
description:
  - Runs on a control plane of one's own site. Of each link that both sites have agreed on it gives
    the doctor's steps as checks, compares what the peer's credential may do with the model, and
    tries what has to be refused.
  - Changes nothing, in check mode or not. What it asks of API servers beside reading are reviews,
    dry runs, and a token for the engine's account, which no API server keeps and nobody is shown.
  - In a source the target is asked with the link's own credential; in a target one's own API server
    is asked as the peer's user, by impersonation.
options:
  facts:
    description: Of the model and the documents (filter C(federation_doctor)).
    type: dict
  host:
    description: Name of the host in the report; goes with C(facts).
    type: str
  ages_of:
    description: >-
      In place of C(facts), names of links: how old the tokens are that the engine's pods of this
      node have for them.
    type: list
    elements: str
  source:
    description: What the links are of; C(hardware) or C(emulation).
    type: str
    default: hardware
"""

EXAMPLES = r"""
- name: All links of a cluster
  verify_links:
    facts: "{{ site_model | federation_doctor('alpha', states, site_host, ca) }}"
    host: "{{ inventory_hostname }}"
"""

RETURN = r"""
findings:
  description: Checks and what was not asked, as verify_hosts has them.
  returned: with facts
  type: dict
nodes:
  description: Nodes that have pods of the engine.
  returned: with facts
  type: list
  elements: str
ages:
  description: Seconds by link, without those that have no token here.
  returned: with ages_of
  type: dict
links:
  description: >-
    A row for each link: C(link), C(cluster), C(peer), C(role) (source, target, both), C(state),
    C(credential) (jwt, token), C(lifetime) and C(age) of its token in seconds, C(documents) (their
    end), C(days) until then, C(budget) (namespace, resource, used, hard), C(engine) (real, double,
    none, unknown).
  returned: with facts
  type: list
  elements: dict
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.federation_doctor import DoctorSpec
from ansible.module_utils.federation_verify import Verifier
from ansible.module_utils.federation_verify.table import age
from ansible.module_utils.kube_api import Api
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "facts": {"type": "dict"},
            "host": {"type": "str"},
            "ages_of": {"type": "list", "elements": "str"},
            "source": {"type": "str", "default": "hardware", "choices": ["hardware", "emulation"]},
        },
        required_one_of=[("facts", "ages_of")],
        mutually_exclusive=[("facts", "ages_of")],
        required_by={"facts": ["host"]},
        supports_check_mode=True,
    )
    given, system = module.params, System()
    try:
        if given["facts"] is None:
            ages = {name: age(system, name, time.time()) for name in given["ages_of"]}
            known = {name: seconds for name, seconds in ages.items() if seconds is not None}
            module.exit_json(changed=False, ages=known)
        spec = DoctorSpec.parse(given["facts"])
        verifier = Verifier(system, spec, lambda: Api.of_kubeconfig(system), given["source"])
        result = verifier.run(given["host"])
    except (OSError, RuntimeError, ValueError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()

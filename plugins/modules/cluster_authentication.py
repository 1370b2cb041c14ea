#!/usr/bin/python
"""Ansible's door to module_utils/cluster_authentication."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_authentication
short_description: Issuers of tokens that a control plane's API server trusts
description:
  - Keeps the list C(jwt) of the API server's AuthenticationConfiguration on a control plane, and
    waits until the API server has taken it. What the kit did not write stays.
  - Without C(jwt) nothing is changed and only the cluster's certificate authority is returned.
options:
  desired:
    description: The issuers (C(module_utils/cluster_authentication/subject.py)).
    type: dict
    default: {}
    suboptions:
      jwt:
        description: Entries of C(jwt), one for each issuer.
        type: list
        elements: dict
  verify:
    description: Also return a check.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Nobody is trusted
  cluster_authentication:
    desired: {jwt: []}
"""

RETURN = r"""
ca:
  description: The cluster's certificate authority, PEM; empty before the cluster has begun.
  returned: always
  type: str
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
checks:
  description: One.
  returned: with verify
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_authentication import AuthenticationSpec, ClusterAuthentication
from ansible.module_utils.host_module import VERIFY, run
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={"desired": {"type": "dict", "default": {}}, **VERIFY},
        supports_check_mode=True,
    )
    system = System()
    run(
        module,
        system,
        lambda: ClusterAuthentication(system, AuthenticationSpec.parse(module.params["desired"])),
        "/var/lib/slipway/authentication-journal.jsonl",
        more=lambda after: {"ca": after["ca"]},
    )


if __name__ == "__main__":
    main()

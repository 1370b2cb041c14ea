#!/usr/bin/python
"""Ansible's door to the Secrets in which the engine finds tokens of targets."""

from __future__ import annotations

DOCUMENTATION = r"""
module: federation_credentials
short_description: Tokens of targets, for the federation's engine
description:
  - Runs on a control plane of a source. Keeps one Secret for each link whose target sends tokens,
    in the engine's namespace; one of a link that is over goes. Values are shown as hashes.
options:
  tokens:
    description: By link.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Tokens that have come
  federation_credentials:
    tokens: "{{ taken.tokens }}"
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_objects import ClusterObjects, ObjectsSpec
from ansible.module_utils.federation.account import secrets
from ansible.module_utils.federation.engine import engine
from ansible.module_utils.host_module import run
from ansible.module_utils.kube_api import Api
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={"tokens": {"type": "dict", "required": True, "no_log": True}},
        supports_check_mode=True,
    )
    module.params["verify"] = False
    system = System()
    objects = secrets(module.params["tokens"], engine().home)
    run(
        module,
        system,
        lambda: ClusterObjects(
            lambda: Api.of_control_plane(system, check=module.check_mode),
            ObjectsSpec.parse({"name": "federation-tokens", "objects": objects}),
        ),
        "/var/lib/slipway/objects-journal.jsonl",
    )


if __name__ == "__main__":
    main()

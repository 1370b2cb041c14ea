#!/usr/bin/python
"""Ansible's door to the engine's objects with the certificate of its webhook."""

from __future__ import annotations

DOCUMENTATION = r"""
module: federation_engine
short_description: The federation engine in a cluster
description:
  - Runs on a control plane. The objects as a set, as module C(cluster_objects) has them, with the
    certificate of the engine's webhook, which is made here and renewed in time.
options:
  objects:
    description: Manifests.
    type: list
    elements: dict
    required: true
  certificate:
    description: The webhook's Secret.
    type: dict
    required: true
    suboptions:
      namespace:
        description: Of the Secret.
        type: str
        required: true
      secret:
        description: Its name.
        type: str
        required: true
      names:
        description: What the certificate is for.
        type: list
        elements: str
        required: true
  wait:
    description: Seconds for workloads to be ready; 0 does not wait.
    type: int
    default: 0
  verify:
    description: Also return a check for each object.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Install it
  federation_engine:
    objects: "{{ rendered.objects }}"
    certificate: "{{ rendered.certificate }}"
    wait: 180
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
checks:
  description: One for each object.
  returned: with verify
  type: list
  elements: dict
"""

import copy
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_objects import ClusterObjects, ObjectsSpec
from ansible.module_utils.federation import certificate
from ansible.module_utils.host_module import VERIFY, run
from ansible.module_utils.kube_api import Api
from ansible.module_utils.system import System


def with_certificate(objects: list[dict[str, Any]], made: dict[str, Any]) -> list[dict[str, Any]]:
    """The webhook trusts exactly this certificate."""
    found = copy.deepcopy(objects)
    for thing in found:
        for webhook in thing.get("webhooks", ()):
            webhook["clientConfig"]["caBundle"] = made["data"]["tls.crt"]
    return [*found, made]


def main() -> None:
    parts = {
        "namespace": {"type": "str", "required": True},
        "secret": {"type": "str", "required": True},
        "names": {"type": "list", "elements": "str", "required": True},
    }
    module = AnsibleModule(
        argument_spec={
            "objects": {"type": "list", "elements": "dict", "required": True},
            "certificate": {"type": "dict", "required": True, "options": parts},
            "wait": {"type": "int", "default": 0},
            **VERIFY,
        },
        supports_check_mode=True,
    )
    system = System()

    def subject() -> ClusterObjects:
        api = Api.of_control_plane(system, check=module.check_mode)
        given = module.params["certificate"]
        made = certificate.secret(system, api, given["namespace"], given["secret"], given["names"])
        objects = with_certificate(module.params["objects"], made)
        spec = ObjectsSpec.parse({"name": "federation-engine", "objects": objects})
        return ClusterObjects(lambda: api, spec, wait=module.params["wait"])

    run(module, system, subject, "/var/lib/slipway/objects-journal.jsonl")


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Ansible's door to module_utils/federation/chart and the engine's installation."""

from __future__ import annotations

DOCUMENTATION = r"""
module: federation_chart
short_description: The federation engine's chart, as the kit installs it
description:
  - Runs on the controller and changes nothing. Renders the pinned chart with Helm's library, leaves
    out what the kit does itself, and adds what links need.
options:
  chart:
    description: The packed chart.
    type: dict
    required: true
    suboptions:
      source:
        description: Path of a packed chart, or an C(oci://) reference.
        type: str
        required: true
      version:
        description: Version of the reference.
        type: str
        default: ""
      sha256:
        description: Of the packed chart.
        type: str
        required: true
  images:
    description: References of the images by C(agent) and C(scheduler).
    type: dict
    required: true
  cluster:
    description: The cluster's name in the federation, unique among all that are linked.
    type: str
    required: true
  replicas:
    description: Pods of each component.
    type: int
    default: 2
  control_planes:
    description: Addresses that may reach the engine's pods.
    type: list
    elements: str
    required: true
  token_volume:
    description: Tokens that the engine mounts.
    type: dict
    required: true
  conditions:
    description: matchConditions of its webhook.
    type: list
    elements: dict
    required: true
  links:
    description: What the engine reads at its start; a change starts it anew.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Render it
  federation_chart:
    chart: "{{ artifacts_federation.chart }}"
    images: "{{ artifacts_federation.images }}"
    cluster: alpha-main
    control_planes: [192.0.2.11]
    token_volume: "{{ found.token_volume }}"
    conditions: "{{ found.webhook_conditions }}"
    links: "{{ found.objects }}"
  delegate_to: localhost
"""

RETURN = r"""
definitions:
  description: Resource definitions.
  returned: always
  type: list
  elements: dict
namespace:
  description: The engine's namespace, as a list.
  returned: always
  type: list
  elements: dict
objects:
  description: All other objects.
  returned: always
  type: list
  elements: dict
certificate:
  description: The webhook's Secret; namespace, secret, names.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.federation.chart import ChartError, render
from ansible.module_utils.federation.engine import installation
from ansible.module_utils.federation.engine.admiralty import ACCOUNT, NAMESPACE


def main() -> None:
    chart = {
        "source": {"type": "str", "required": True},
        "version": {"type": "str", "default": ""},
        "sha256": {"type": "str", "required": True},
    }
    module = AnsibleModule(
        argument_spec={
            "chart": {"type": "dict", "required": True, "options": chart},
            "images": {"type": "dict", "required": True},
            "cluster": {"type": "str", "required": True},
            "replicas": {"type": "int", "default": 2},
            "control_planes": {"type": "list", "elements": "str", "required": True},
            "token_volume": {"type": "dict", "required": True},
            "conditions": {"type": "list", "elements": "dict", "required": True},
            "links": {"type": "list", "elements": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    given = module.params
    missing = sorted(set(installation.IMAGES.values()) - set(given["images"]))
    if missing:
        module.fail_json(msg=f"images: {', '.join(missing)}: missing; pin it by its digest")
    try:
        rendered = render(
            **given["chart"], name=ACCOUNT, namespace=NAMESPACE,
            values=installation.values(given["cluster"], given["replicas"]),
        )  # fmt: skip
    except ChartError as error:
        module.fail_json(msg=str(error))
    wanted = {
        key: given[key]
        for key in ("images", "control_planes", "token_volume", "conditions", "links")
    }
    module.exit_json(
        changed=False,
        definitions=installation.definitions(rendered),
        namespace=[installation.home()],
        objects=installation.objects(rendered, **wanted),
        certificate=installation.CERTIFICATE,
    )


if __name__ == "__main__":
    main()

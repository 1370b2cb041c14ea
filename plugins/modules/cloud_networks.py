#!/usr/bin/python
"""Ansible's door to module_utils/cloud_networks, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_networks
short_description: Networks, subnets, routers and security groups of the cloud
description:
  - Runs on the controller. Provider networks with one subnet each, routers between them, and
    the rules of security groups as a set.
  - Segment, physical network and type of a network, and the range of a subnet, cannot be
    changed; it is made anew while nothing is on it, else the run is refused before its first
    step.
  - What the kit made has its mark and is removed when it is no longer named, unless it is in use.
    What has not the mark is never changed or removed; of the same name it is refused.
extends_documentation_fragment: cloud
options:
  networks:
    description: >-
      Networks by name (C(provider_network_type), C(provider_physical_network),
      C(provider_segmentation_id), C(mtu), C(external), C(shared), C(port_security_enabled),
      C(project), C(subnet)).
    type: dict
    required: true
  routers:
    description: Routers by name (C(external_network), C(networks), C(project)).
    type: dict
    default: {}
  security_groups:
    description: Security groups by name (C(project), C(description), C(rules)).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Networks of the model
  cloud_networks:
    connection: {cloud: rack}
    site: rack
    networks: "{{ site_model | cloud_networks }}"
    routers: "{{ site_model | cloud_routers }}"
    security_groups: "{{ site_model | cloud_security_groups }}"
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
left:
  description: What the model no longer names and is in use.
  returned: always
  type: list
  elements: str
checks:
  description: One for each object.
  returned: with verify
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cloud.module import ARGUMENTS, run
from ansible.module_utils.cloud_networks import CloudNetworks


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "networks": {"type": "dict", "required": True},
            "routers": {"type": "dict", "default": {}},
            "security_groups": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    given = module.params
    run(
        module,
        lambda cloud, mark: CloudNetworks(
            cloud,
            mark,
            given["networks"],
            given["routers"],
            given["security_groups"],
            adopt=given["adopt"],
        ),
    )


if __name__ == "__main__":
    main()

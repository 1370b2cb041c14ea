#!/usr/bin/python
"""Ansible's door to module_utils/cloud_images, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_images
short_description: Images of the cloud
description:
  - Runs on the controller. Uploads from a file or URL; what passes is hashed on the way, and
    what is not as given is taken away again.
  - Another checksum is another image; the new one gets the name, the former is hidden and kept
    while servers have it.
  - What the kit made has its mark and is removed when it is no longer named, unless it is in use.
    What has not the mark is never changed or removed; of the same name it is refused.
extends_documentation_fragment: cloud
options:
  images:
    description: >-
      Images by name (C(source), C(sha256), C(disk_format), C(properties), C(visibility)).
    type: dict
    required: true
  folder:
    description: Where relative paths of sources begin.
    type: path
    default: "."
"""

EXAMPLES = r"""
- name: An image
  cloud_images:
    connection: {cloud: rack}
    site: rack
    images:
      debian: {source: https://images.example.org/debian.qcow2, sha256: "…", disk_format: qcow2}
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
from ansible.module_utils.cloud_images import CloudImages


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "images": {"type": "dict", "required": True},
            "folder": {"type": "path", "default": "."},
        },
        supports_check_mode=True,
    )
    given = module.params
    run(
        module,
        lambda cloud, mark: CloudImages(
            cloud, mark, given["images"], folder=given["folder"], adopt=given["adopt"]
        ),
    )


if __name__ == "__main__":
    main()

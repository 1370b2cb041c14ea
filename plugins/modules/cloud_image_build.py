#!/usr/bin/python
"""Ansible's door to module_utils/cloud_image_build, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_image_build
short_description: Images that the kit builds with diskimage-builder
description:
  - Runs on the controller. Each recipe is one image, built anew only when its recipe, the kit's
    elements, the mirrors or diskimage-builder change, or its file was changed or lost.
  - Beside the image is a record with its SHA-256, size and packages, and the build's log.
  - A build needs root and programs of the distribution; looking, check mode and a run with nothing
    to build need neither. A build that was cut leaves nothing that the next run does not take away.
options:
  images:
    description: Recipes by image (C(site_model | cloud_image_recipes)).
    type: dict
    required: true
  folder:
    description: Where the images are kept; the module's own, for one site.
    type: path
    required: true
  cache:
    description: Where diskimage-builder is installed.
    type: path
    required: true
  kit:
    description: The kit's own folder, with C(roles/cloud_image_build/files).
    type: path
    required: true
  mirrors:
    description: >-
      Archives of Debian (C(debian), C(security)), also the image's own; those of the controller's
      apt where they are empty.
    type: dict
    default: {}
  timeout:
    description: Seconds that an image may take.
    type: int
    default: 3600
  verify:
    description: Also return checks.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: An image with RDMA
  cloud_image_build:
    images:
      debian-rdma: {release: trixie, kind: vm, packages: [iperf3]}
    folder: /srv/images/rack
    cache: /srv/images
    kit: /opt/slipway
"""

RETURN = r"""
images:
  description: >-
    C(source) (path) and C(sha256) of each image, as cloud_images takes them; in check mode
    C(not built yet) for what the run would build.
  returned: always
  type: dict
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
checks:
  description: One for each image.
  returned: with verify
  type: list
  elements: dict
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cloud.module import difference
from ansible.module_utils.cloud_image_build import Builder, ImageBuild
from ansible.module_utils.cloud_image_build.programs import mirrors
from ansible.module_utils.cloud_image_build.recipe import check_mirror
from ansible.module_utils.converge import ConvergeError, converge
from ansible.module_utils.system import System

WANTED = {
    "images": {"type": "dict", "required": True},
    "folder": {"type": "path", "required": True},
    "cache": {"type": "path", "required": True},
    "kit": {"type": "path", "required": True},
    "mirrors": {"type": "dict", "default": {}},
    "timeout": {"type": "int", "default": 3600},
    "verify": {"type": "bool", "default": False},
}


@contextlib.contextmanager
def locked(folder: str, check: bool) -> Iterator[None]:
    """Two runs of one site take turns; check mode makes no folder."""
    if not check:
        os.makedirs(folder, exist_ok=True)
    elif not os.path.isdir(folder):
        yield
        return
    with open(os.path.join(folder, ".lock"), "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> None:
    module = AnsibleModule(argument_spec=WANTED, supports_check_mode=True)
    given, system = module.params, System()
    kit, folder = os.path.abspath(given["kit"]), os.path.abspath(given["folder"])
    try:
        archives = mirrors(system, given["mirrors"])
        for name, url in archives.items():
            check_mirror(name, url)
        builder = Builder(system, kit, given["cache"], folder, archives, given["timeout"])
        subject = ImageBuild(builder, given["images"], archives, folder, kit)
        with locked(folder, module.check_mode):
            result = converge(subject, check=module.check_mode)
    except (ConvergeError, OSError, ValueError, RuntimeError) as error:
        module.fail_json(msg=str(error))
    for refusal in result.refusals:
        module.warn(f"would be refused: {refusal}")
    answer = {
        "changed": result.changed,
        "images": subject.built(result.after),
        "steps": result.steps,
        "diff": difference(result.steps),
    }
    if given["verify"]:
        answer["checks"] = [asdict(check) for check in subject.verify(result.after)]
    module.exit_json(**answer)


if __name__ == "__main__":
    main()

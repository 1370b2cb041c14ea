#!/usr/bin/python
"""Ansible's door to module_utils/host_kernel."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_kernel
short_description: Command line, modules, hugepages, sysctls and limits of a host
description:
  - Brings the kernel's settings to what the site's model says, now and for every boot.
  - On the command line only the arguments that this module set itself are managed.
  - What only a reboot makes effective is returned in C(reboot_reasons) until it is done.
options:
  desired:
    description: The settings; everything in it is managed, what it does not name is taken back.
    type: dict
    required: true
    suboptions:
      command_line:
        description: Arguments, one each; those for the other vendor's IOMMU are left out.
        type: list
        elements: str
        default: []
      modules:
        description: Modules loaded now and at boot.
        type: list
        elements: str
        default: []
      module_options:
        description: Options by module, for modprobe.
        type: dict
        default: {}
      hugepages:
        description: Pools of hugepages, from 1G on by the command line.
        type: list
        elements: dict
        default: []
        suboptions:
          size:
            description: Size of a page, such as 2M or 1G.
            type: str
            required: true
          count:
            description: Number of pages.
            type: int
            required: true
          node:
            description: NUMA node; without it the kernel chooses.
            type: int
      sysctl:
        description: Values by name.
        type: dict
        default: {}
      limits:
        description: Lines of limits.conf; memlock of C(*) also becomes the default of services.
        type: list
        elements: dict
        default: []
        suboptions:
          domain:
            description: User, @group or C(*).
            type: str
            default: "*"
          type:
            description: Which limit.
            type: str
            choices: ["-", soft, hard]
            default: "-"
          item:
            description: What is limited.
            type: str
            required: true
          value:
            description: The limit, memlock in KiB.
            type: str
            required: true
  reboot:
    description: Whether the run reboots the host where needed; that is then a change.
    type: bool
    default: false
  health:
    description: Also return what tells whether the host is in order after a reboot.
    type: bool
    default: false
  verify:
    description: Also return a check for each setting.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Kernel of a compute host
  host_kernel:
    desired:
      command_line: [intel_iommu=on, iommu=pt]
      modules: [bonding, 8021q]
      hugepages: [{size: 2M, count: 64}]
      sysctl: {net.core.rmem_max: "67108864"}
      limits: [{item: memlock, value: unlimited}]
"""

RETURN = r"""
reboot_reasons:
  description: What only a reboot makes effective.
  returned: always
  type: list
  elements: str
reboot_required:
  description: Whether there is any such reason.
  returned: always
  type: bool
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
checks:
  description: One for each setting; name, ok, expected, got, source, step, look.
  returned: with verify
  type: list
  elements: dict
health:
  description: Boot id, state, failed units, gate units.
  returned: with health
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.host_kernel import HostKernel, HostKernelSpec
from ansible.module_utils.host_module import ARGUMENTS, run
from ansible.module_utils.system import System

HUGEPAGES = {
    "size": {"type": "str", "required": True},
    "count": {"type": "int", "required": True},
    "node": {"type": "int"},
}
LIMITS = {
    "domain": {"type": "str", "default": "*"},
    "type": {"type": "str", "choices": ["-", "soft", "hard"], "default": "-"},
    "item": {"type": "str", "required": True},
    "value": {"type": "str", "required": True},
}
DESIRED = {
    "command_line": {"type": "list", "elements": "str", "default": []},
    "modules": {"type": "list", "elements": "str", "default": []},
    "module_options": {"type": "dict", "default": {}},
    "hugepages": {"type": "list", "elements": "dict", "default": [], "options": HUGEPAGES},
    "sysctl": {"type": "dict", "default": {}},
    "limits": {"type": "list", "elements": "dict", "default": [], "options": LIMITS},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "desired": {"type": "dict", "required": True, "options": DESIRED},
            **ARGUMENTS,
        },
        supports_check_mode=True,
    )
    system = System()
    run(
        module,
        system,
        lambda: HostKernel(system, HostKernelSpec.parse(module.params["desired"])),
        "/var/lib/slipway/kernel-journal.jsonl",
    )


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Ansible's door to module_utils/host_rdma."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_rdma
short_description: Drivers, Soft-RoCE links, RoCE defaults and the lossless class of a host
description:
  - With stage C(drivers) the packages, from the distribution or from a pinned DOCA repository.
    A driver is never reloaded; a new one takes effect at the next reboot, which is reported.
  - With stage C(settings) links, RoCE version and traffic class, PFC, ECN, memlock, and the
    unit that brings them back at boot.
options:
  stage:
    description: What to bring to its state.
    type: str
    choices: [drivers, settings]
    required: true
  desired:
    description: The settings, as C(site_model | host_rdma(site_host)) gives them.
    type: dict
    required: true
    suboptions:
      driver_source:
        description: Where the drivers come from.
        type: str
        choices: [distribution, doca]
        default: distribution
      roce_links:
        description: RoCE on interfaces.
        type: list
        elements: dict
        default: []
        suboptions:
          netdev:
            description: The interface.
            type: str
            required: true
          kind:
            description: The NIC's own device, or Soft-RoCE.
            type: str
            choices: [native, rxe]
            required: true
          device:
            description: Name of a Soft-RoCE link, one for all VLANs; empty for the NIC's own.
            type: str
            default: ""
      roce_version:
        description: RoCE version of new connections.
        type: int
        choices: [1, 2]
        default: 2
      memlock:
        description: Locked memory of sessions and services, in KiB or C(unlimited).
        type: str
        default: unlimited
      dscp:
        description: DSCP of RDMA traffic.
        type: int
        default: 26
      traffic_class:
        description: The same as traffic class, four times the DSCP.
        type: int
        default: 104
      lossless:
        description: The lossless class on the ports; none leaves the ports as they are.
        type: dict
        suboptions:
          trust:
            description: What received packets are sorted by.
            type: str
            choices: [dscp, pcp]
            default: dscp
          pfc_priorities:
            description: Priorities with pause frames.
            type: list
            elements: int
            required: true
          ecn_priorities:
            description: Priorities with congestion marking.
            type: list
            elements: int
            default: []
          buffer:
            description: Bytes of each of the eight receive buffers.
            type: list
            elements: int
          ports:
            description: Interfaces of the ports.
            type: list
            elements: str
            required: true
      management_pci_addresses:
        description: NICs that the host is managed through, beside what its routes say.
        type: list
        elements: str
        default: []
  doca:
    description: The pinned repository package; without all four, driver_source doca is refused.
    type: dict
    default: {}
    suboptions:
      version:
        description: Its version.
        type: str
      url:
        description: Where it is; http, https or file. It is not logged.
        type: str
      sha256:
        description: Its SHA-256.
        type: str
      packages:
        description: What to install from the repository that it brings.
        type: list
        elements: str
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
- name: Soft-RoCE on the storage network
  host_rdma:
    stage: settings
    desired:
      roce_links: [{netdev: bond0.100, kind: rxe, device: rxe0}]
"""

RETURN = r"""
links:
  description: By interface; device, gid_index, gid and address that connections use.
  returned: with stage settings
  type: dict
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
from ansible.module_utils.host_module import ARGUMENTS, run
from ansible.module_utils.host_rdma import HostRdma, HostRdmaDrivers, HostRdmaSpec, link_facts
from ansible.module_utils.system import System

LINK = {
    "netdev": {"type": "str", "required": True},
    "kind": {"type": "str", "choices": ["native", "rxe"], "required": True},
    "device": {"type": "str", "default": ""},
}
LOSSLESS = {
    "trust": {"type": "str", "choices": ["dscp", "pcp"], "default": "dscp"},
    "pfc_priorities": {"type": "list", "elements": "int", "required": True},
    "ecn_priorities": {"type": "list", "elements": "int", "default": []},
    "buffer": {"type": "list", "elements": "int"},
    "ports": {"type": "list", "elements": "str", "required": True},
}
# the address may hold a password
DOCA = {
    "version": {"type": "str"},
    "url": {"type": "str", "no_log": True},
    "sha256": {"type": "str"},
    "packages": {"type": "list", "elements": "str"},
}
DESIRED = {
    "driver_source": {
        "type": "str",
        "choices": ["distribution", "doca"],
        "default": "distribution",
    },
    "roce_links": {"type": "list", "elements": "dict", "default": [], "options": LINK},
    "roce_version": {"type": "int", "choices": [1, 2], "default": 2},
    "memlock": {"type": "str", "default": "unlimited"},
    "dscp": {"type": "int", "default": 26},
    "traffic_class": {"type": "int", "default": 104},
    "lossless": {"type": "dict", "options": LOSSLESS},
    "management_pci_addresses": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "stage": {"type": "str", "choices": ["drivers", "settings"], "required": True},
            "desired": {"type": "dict", "required": True, "options": DESIRED},
            "doca": {"type": "dict", "default": {}, "options": DOCA},
            **ARGUMENTS,
        },
        supports_check_mode=True,
    )
    system, given = System(), module.params

    def drivers() -> HostRdmaDrivers:
        spec = HostRdmaSpec.parse(given["desired"])
        return HostRdmaDrivers(system, spec, given["doca"], given["reboot"])

    def settings() -> HostRdma:
        return HostRdma(system, HostRdmaSpec.parse(given["desired"]))

    journal = "/var/lib/slipway/rdma-journal.jsonl"
    if given["stage"] == "drivers":
        run(module, system, drivers, journal)
    else:
        run(module, system, settings, journal, lambda after: {"links": link_facts(after)})


if __name__ == "__main__":
    main()

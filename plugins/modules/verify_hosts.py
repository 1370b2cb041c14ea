#!/usr/bin/python
"""Ansible's door to module_utils/verify on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_hosts
short_description: Prove a host's datapath, alone and with a peer
description:
  - Runs on all hosts of a play at once. Hosts that are paired meet over a small TCP protocol
    of their own; one measures, the other helps.
  - Changes nothing. In check mode only what needs no traffic is asked.
  - Does not fail for what it finds; the report on the controller does.
options:
  host:
    description: The host's name, as its peers know it.
    type: str
    required: true
  datapath:
    description: Desired state of the datapath (filter C(host_datapath)).
    type: dict
    required: true
  expected:
    description: Expectations, and the networks shared with each peer (filter C(host_verify)).
    type: dict
    required: true
  sessions:
    description: Peers in order, with C(peer), C(role), C(round) (filter C(verify_sessions)).
    type: list
    elements: dict
    default: []
  token:
    description: Secret of this run, the same on all hosts.
    type: str
    default: ""
  addresses:
    description: Addresses beside those of the fabrics at which peers may come.
    type: list
    elements: str
    default: []
  port:
    description: TCP port of the control connection; RDMA programs take the next three.
    type: int
    default: 18600
  rendezvous:
    description: Seconds to wait for a peer.
    type: int
    default: 60
  kernel:
    description: Desired state of the kernel (filter C(host_kernel)); without it, not asked.
    type: dict
  rdma:
    description:
      - Desired state of RDMA (filter C(host_rdma)); without it, its settings are not asked and
        connections use RoCE v2 with no traffic class of their own.
    type: dict
  settings:
    description:
      - How much is measured, by name (C(module_utils/verify/spec.py), Settings). What is not
        set follows from whether the path is hardware.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Measure
  verify_hosts:
    host: "{{ inventory_hostname }}"
    datapath: "{{ site_model | host_datapath(site_host) }}"
    expected: "{{ site_model | host_verify(site_host, [hostvars['host-2'].site_host]) }}"
    sessions: [{peer: host-2, role: client, round: 0}]
    token: "{{ token }}"
"""

RETURN = r"""
findings:
  description: Checks, curves, spreads, what was skipped, facts, seconds.
  returned: always
  type: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.converge import HARDWARE
from ansible.module_utils.host_kernel import HostKernel, HostKernelSpec
from ansible.module_utils.host_kernel.part import Parts
from ansible.module_utils.host_rdma import HostRdma, HostRdmaSpec
from ansible.module_utils.system import System
from ansible.module_utils.verify.findings import Findings
from ansible.module_utils.verify.local import own_checks, settings_checks
from ansible.module_utils.verify.run import run
from ansible.module_utils.verify.spec import Task, evidence, sessions, settings_for


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "host": {"type": "str", "required": True},
            "datapath": {"type": "dict", "required": True},
            "expected": {"type": "dict", "required": True},
            "sessions": {"type": "list", "elements": "dict", "default": []},
            "token": {"type": "str", "default": "", "no_log": True},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "port": {"type": "int", "default": 18600},
            "rendezvous": {"type": "int", "default": 60},
            "kernel": {"type": "dict"},
            "rdma": {"type": "dict"},
            "settings": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    given, system = module.params, System()
    roce = given["rdma"] or {}
    measured = not module.check_mode
    try:
        sources = evidence(given["expected"])
        settings_for(HARDWARE, given["settings"])  # wrong ones are named before anything runs
        task = Task(
            host=given["host"],
            token=given["token"],
            sessions=sessions(given["sessions"], given["expected"]["peers"]) if measured else (),
            own_addresses=tuple(given["addresses"]),
            port=given["port"],
            rendezvous=given["rendezvous"],
            roce_version=roce.get("roce_version", 2),
            traffic_class=roce.get("traffic_class"),
            settings=given["settings"],
        )
        subjects = settings(system, given["kernel"], given["rdma"])
        rdma = any(network.rdma_evidence for s in task.sessions for network in s.networks)

        def alone(findings: Findings) -> None:
            settings_checks(subjects, findings)
            own_checks(system, given["datapath"], sources, findings, measured=measured, rdma=rdma)

        findings = run(system, task, alone)
    except (OSError, ValueError, RuntimeError) as error:
        module.fail_json(msg=str(error))
    if not measured:
        findings.skip("measurements", "check mode: no traffic is made")
    elif not task.sessions:
        findings.skip("measurements", "no peer whose NICs carry traffic is in this run")
    module.exit_json(changed=False, findings=findings.as_dict())


def settings(
    system: System, kernel: dict[str, Any] | None, rdma: dict[str, Any] | None
) -> dict[str, Parts]:
    """The subjects that are asked, by name. SpecError for a wrong state."""
    subjects: dict[str, Parts] = {}
    if kernel is not None:
        subjects["kernel"] = HostKernel(system, HostKernelSpec.parse(kernel))
    if rdma is not None:
        subjects["rdma"] = HostRdma(system, HostRdmaSpec.parse(rdma))
    return subjects


if __name__ == "__main__":
    main()

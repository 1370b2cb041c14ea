#!/usr/bin/python
"""Ansible's door to module_utils/host_datapath."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_datapath
short_description: Names, VFs, eswitch, bond, networks and Open vSwitch of a host
description:
  - Brings a host's datapath to what the site's model says, in the order that works.
  - A change that can cut the host off is carried out by a unit of the host, which undoes it
    unless it is confirmed in time. C(present) then returns at once with C(confirm_required);
    C(applied) waits for the host, C(confirmed) keeps the change.
options:
  desired:
    description: The datapath, as docs/design/overview.md lays it down; for present and verified.
    type: dict
  state:
    description:
      - C(present) makes the host so.
      - C(applied) waits until the host has carried out the change that is pending.
      - C(confirmed) keeps that change. It has to come over a connection made after the change.
      - C(verified) proves the datapath and fails if a check does.
    type: str
    choices: [present, applied, confirmed, verified]
    default: present
  change:
    description: The change to wait for or to confirm, as C(present) returned it.
    type: str
    default: ""
  reboot:
    description: Whether the run reboots the host where needed; that is then a change.
    type: bool
    default: false
  health:
    description: Also return what tells whether the host is in order after a reboot.
    type: bool
    default: false
  root:
    description: Another tree than the host's own, for tests.
    type: path
    default: /
"""

EXAMPLES = r"""
- name: Datapath of a compute host
  host_datapath:
    desired: "{{ site_model | host_datapath(site_host) }}"
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode or by the host; name, why, before, after.
  returned: always
  type: list
  elements: dict
confirm_required:
  description: Whether a change waits for its confirmation, or would in check mode.
  returned: always
  type: bool
change:
  description: Which change that is.
  returned: always
  type: str
confirm_timeout:
  description: Seconds after which the host undoes the change.
  returned: with confirm_required
  type: int
before:
  description: Facts of the host before the run.
  returned: state is present
  type: dict
after:
  description: Facts after it.
  returned: state is present or applied
  type: dict
refusals:
  description: Why the plan may not be carried out; in check mode, too, the module fails then.
  returned: always
  type: list
  elements: str
reboot_reasons:
  description: What only a reboot makes effective; the datapath is set up by the next run after it.
  returned: state is present
  type: list
  elements: str
reboot_required:
  description: Whether there is any such reason.
  returned: state is present
  type: bool
health:
  description: Boot id, state, failed units, gate units.
  returned: with health
  type: dict
left:
  description: What the model no longer names and is not safe to remove.
  returned: always
  type: list
  elements: str
checks:
  description: name, ok, expected, got, source, step, look.
  returned: state is verified
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.host_datapath import runs

# named here, as they are looked up by name and Ansible ships only what it finds imported
from ansible.module_utils.host_datapath.drivers import igb, mlx5, netdevsim
from ansible.module_utils.host_datapath.network import (
    kayobe,
    netplan,
    networkd,
    networkmanager,
)
from ansible.module_utils.host_kernel import Health
from ansible.module_utils.ssh_connection import ssh_connection
from ansible.module_utils.system import System

SHIPPED = (igb, mlx5, netdevsim, kayobe, netplan, networkd, networkmanager)


def main():
    module = AnsibleModule(
        argument_spec={
            "desired": {"type": "dict"},
            "state": {
                "type": "str",
                "choices": ["present", "applied", "confirmed", "verified"],
                "default": "present",
            },
            "change": {"type": "str", "default": ""},
            "reboot": {"type": "bool", "default": False},
            "health": {"type": "bool", "default": False},
            "root": {"type": "path", "default": "/"},
        },
        required_if=[("state", "present", ["desired"]), ("state", "verified", ["desired"])],
        supports_check_mode=True,
    )
    system = System(module.params["root"])
    try:
        result = run(module, system)
    except runs.ERRORS as error:
        module.fail_json(msg=str(error))
    for text in result.pop("warnings", ()):
        module.warn(text)
    if result.get("refusals"):
        module.fail_json(msg="refused: " + "; ".join(result["refusals"]), **result)
    if result.get("failed_checks"):
        module.fail_json(msg="not in order: " + ", ".join(result["failed_checks"]), **result)
    if not module._diff:
        result.pop("diff", None)
    module.exit_json(**result)


def run(module, system):
    """The result of the asked state."""
    state, desired, change = (module.params[key] for key in ("state", "desired", "change"))
    if state == "verified":
        found = runs.verified(system, desired)
        return {"changed": False, "checks": found["checks"], "failed_checks": found["failed"]}
    if state == "present":
        act = runs.preview if module.check_mode else runs.present
        result = act(system, desired, ssh_connection(system))
        return with_reboot(module, system, result)
    if module.check_mode:
        return {"changed": False, "confirm_required": False}
    if state == "applied":
        return {**runs.finish(system, change), "changed": False}
    return {**runs.confirm(system, change, ssh_connection(system)), "changed": True}


def with_reboot(module, system, result):
    """The result with what a reboot is needed for, and what was left as it is."""
    reasons, reboot = result["reboot_reasons"], module.params["reboot"]
    warnings = list(result["warnings"])
    if result["left"]:
        warnings.append("left as it is: " + "; ".join(result["left"]))
    if reasons and not reboot:
        warnings.append("needs a reboot (run with host_reboot=true): " + "; ".join(reasons))
    if reasons and reboot:
        lines = "".join(f"reboot: {reason}\n" for reason in reasons)
        result["diff"] = [*result["diff"], {"before": "", "after": lines}]
        result["changed"] = True
    if module.params["health"]:
        result["health"] = Health.of(system).as_dict()
    return {**result, "warnings": warnings, "reboot_required": bool(reasons)}


if __name__ == "__main__":
    main()

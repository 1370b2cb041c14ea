"""Kayobe's hooks: the host layer at its place in ``kayobe overcloud host configure``.

Nothing of this machine is in them: where the kit and the inventory are comes from the environment,
which role cloud_deploy sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .text import playbook_text

FOLDER = "hooks/overcloud-host-configure"
#: Ansible's settings that Kayobe makes for its own playbooks; the kit has its own.
_KAYOBES = (
    "ANSIBLE_ROLES_PATH", "ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_ACTION_PLUGINS",
    "ANSIBLE_FILTER_PLUGINS", "ANSIBLE_TEST_PLUGINS", "ANSIBLE_LOOKUP_PLUGINS",
    "ANSIBLE_CONFIG", "ANSIBLE_ALLOW_BROKEN_CONDITIONALS",
)  # fmt: skip


def hooks(desired: Mapping[str, Any]) -> dict[str, str]:
    """The hooks' files by path."""
    kayobe = desired["bond_owner"] == "kayobe"
    found = {f"{FOLDER}/post.d/50-slipway-hosts.yml": playbook_text([_hosts("after")])}
    if kayobe:
        # names, VFs and eswitch come before the bond, the rest after it
        found[f"{FOLDER}/pre.d/50-slipway-hosts.yml"] = playbook_text([_hosts("before")])
    else:
        found[f"{FOLDER}/pre.d/10-slipway-network.yml"] = playbook_text([_guard()])
    return found


def _hosts(when: str) -> dict[str, Any]:
    home = "{{ lookup('env', 'SLIPWAY_HOME') }}"
    inventory = "{{ lookup('env', 'SLIPWAY_INVENTORY') }}"
    unset = [word for name in _KAYOBES for word in ("-u", name)]
    return {
        "name": f"Host layer, {when} Kayobe's own settings",
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {
                "name": "The environment says where the kit and the site's inventory are",
                "ansible.builtin.assert": {
                    "that": [f"lookup('env', '{name}') | length > 0"
                             for name in ("SLIPWAY_HOME", "SLIPWAY_INVENTORY")],
                    "fail_msg": (
                        "set SLIPWAY_HOME (the kit's checkout) and SLIPWAY_INVENTORY, "
                        "or run playbooks/cloud.yml, which does"
                    ),
                },
            },
            {
                "name": "Kernel, RDMA and datapath of the cloud's hosts",
                "ansible.builtin.command": {
                    "argv": ["env", *unset, f"{home}/.venv/bin/ansible-playbook", "-i", inventory,
                             f"{home}/playbooks/hosts.yml"],
                    "chdir": home,
                },
                "changed_when": False,
            },
        ],
    }  # fmt: skip


def _guard() -> dict[str, Any]:
    return {
        "name": "The kit writes the hosts' networks, not Kayobe",
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {
                "name": "Kayobe leaves the hosts' networks alone",
                "ansible.builtin.assert": {
                    "that": ["'network' in ansible_skip_tags"],
                    "fail_msg": (
                        "bond_owner is kit: Kayobe would remove the bonds that the kit made. "
                        "Add --skip-tags network, or run playbooks/cloud.yml, which does"
                    ),
                },
            }
        ],
    }

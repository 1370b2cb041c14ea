"""The real Kayobe and Kolla-Ansible of the venv, offline, on a Kayobe folder of a test.

No host is reached and no container engine asked: hosts are this machine, their facts are written
beforehand, and genconfig's one question to a container is answered by a stand-in.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SHARE = Path(sys.prefix) / "share"
_TOOLBOX = """\
#!/usr/bin/python
# A stand-in: there is no container, and no hypervisor is known yet.
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(argument_spec={}, supports_check_mode=True, bypass_checks=True)
module._legal_inputs = []
module.exit_json(changed=False, resources=[])
"""


class RealKayobe:
    """Runs on the folder *top*/kayobe; ``kolla`` is where Kolla-Ansible's configuration goes."""

    def __init__(self, top: Path) -> None:
        self.top, self.folder, self.kolla = top, top / "kayobe", top / "kolla"
        self.kolla.mkdir(exist_ok=True)
        self.extra = {
            "kayobe_control_host_become": False,
            "ssh_private_key_path": str(top / "id"), "ssh_public_key_path": str(top / "id.pub"),
            "kolla_ansible_install_dir": str(SHARE / "kolla-ansible"),
        }  # fmt: skip
        for name in ("id", "id.pub"):
            (top / name).write_text("a key of a test\n")
        usual = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "KAYOBE_"))}
        self.environment = {
            **usual, "KAYOBE_CONFIG_PATH": str(self.folder), "KOLLA_CONFIG_PATH": str(self.kolla),
            "KOLLA_VENV_PATH": sys.prefix, "PWD": str(top), "HOME": str(top),
            "PATH": f"{Path(sys.prefix) / 'bin'}:{usual['PATH']}", "ANSIBLE_NOCOLOR": "1",
        }  # fmt: skip

    def run(self, *words: str, **environment: str) -> str:
        """A command of Kayobe or Kolla-Ansible; AssertionError with its last words."""
        ran = subprocess.run(
            words, cwd=self.top, env={**self.environment, **environment}, check=False,
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert ran.returncode == 0, (ran.stdout + ran.stderr)[-6000:]
        return ran.stdout

    def _variables(self, **more: Any) -> list[str]:
        return ["-e", json.dumps({**self.extra, **more})]

    def dump(self, expressions: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """What Kayobe makes of expressions, by overcloud host."""
        parts = ", ".join(f"'{name}': {text}" for name, text in expressions.items())
        asked = self._variables(probe="{{ {" + parts + "} }}")
        words = ("kayobe", "configuration", "dump", *asked, "--var-name", "probe")
        return json.loads(self.run(*words, "--hosts", "overcloud"))

    def generate(self, *options: str, **more: Any) -> None:
        """Kolla-Ansible's inventory, globals and overrides, as before each of its commands."""
        books = [
            str(SHARE / "kayobe" / "ansible" / f"kolla-{n}.yml") for n in ("ansible", "openstack")
        ]
        words = ("kayobe", "playbook", "run", *books, "--skip-tags", "install", *options)
        self.run(*words, *self._variables(**more))

    def host_vars(self, host: str) -> dict[str, Any]:
        """What Kayobe tells Kolla-Ansible of a host."""
        return yaml.safe_load((self.kolla / "inventory/overcloud/host_vars" / host).read_text())

    def genconfig(self, tags: str, facts: Mapping[str, Mapping[str, Any]]) -> Path:
        """Kolla-Ansible's files of services; the folder with one of each host.

        *facts*: addresses by interface, by host.
        """
        tree, cache, out = self.top / "tree", self.top / "facts", self.top / "out"
        shutil.copytree(SHARE / "kolla-ansible" / "ansible", tree)
        (tree / "library" / "kolla_toolbox.py").write_text(_TOOLBOX)
        cache.mkdir()
        for host in (*facts, "localhost"):
            (cache / host).write_text(json.dumps(_facts(host, facts.get(host, {}))))
        inventories = ["-i", str(self.kolla / "inventory" / "overcloud")]
        variables = {
            "node_config": str(out / "{{ inventory_hostname }}"),
            "ansible_connection": "local", "ansible_become": False, "kolla_action": "config",
            "ansible_python_interpreter": sys.executable,
        }  # fmt: skip
        self.run(
            "ansible-playbook", *inventories, "-e", f"@{self.kolla}/globals.yml",
            "-e", f"@{self.kolla}/passwords.yml", "-e", f"CONFIG_DIR={self.kolla}",
            "-e", json.dumps(variables), "--tags", tags, str(tree / "site.yml"),
            ANSIBLE_CACHE_PLUGIN="jsonfile", ANSIBLE_CACHE_PLUGIN_CONNECTION=str(cache),
            ANSIBLE_GATHERING="smart",
        )  # fmt: skip
        return out


def _facts(host: str, interfaces: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ansible_hostname": host, "ansible_nodename": host, "ansible_fqdn": host,
        "ansible_distribution": "Ubuntu", "ansible_distribution_release": "noble",
        "ansible_distribution_version": "24.04", "ansible_distribution_major_version": "24",
        "ansible_os_family": "Debian", "ansible_architecture": "x86_64",
        "ansible_processor_vcpus": 8, "ansible_memtotal_mb": 16384, "ansible_system": "Linux",
        "ansible_service_mgr": "systemd", "ansible_kernel": "6.8.0", "ansible_user_uid": 0,
        "ansible_user_gid": 0, "ansible_selinux": {"status": "disabled"},
        "ansible_interfaces": list(interfaces), "ansible_env": {"PATH": "/usr/bin"},
    }  # fmt: skip
    for name, address in interfaces.items():
        four = {"address": address, "netmask": "255.255.0.0", "prefix": "16"}
        found[f"ansible_{name}"] = {"device": name, "active": True, "ipv4": four}
    return found

"""The real Kolla-Ansible of the venv renders what Kayobe told it; no host is touched.

Real: its playbooks, roles, templates and its merge of the kit's files. STAND-INS: the facts of the
hosts (addresses on the interfaces that the host layer makes), which it is given as a fact cache,
and its question to a running cloud which hypervisors there are (there are none yet).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from real_kayobe import SHARE, RealKayobe

BIN = Path(sys.prefix) / "bin"
#: Written by hand: its own asks a container of the first controller.
NO_CLOUD_YET = """\
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(
    {name: {"type": "raw"} for name in ("container_engine", "module_name", "module_args")}
)
assert module.params["module_args"]["type"] == "hypervisor", module.params
module.exit_json(resources=[])
"""
#: What it writes beside a service's own folder, into folders of services that are not rendered.
BESIDE = ("haproxy/services.d", "proxysql/users", "proxysql/rules")


class RealKolla:
    """*addresses*: host → interface → address."""

    def __init__(self, kayobe: RealKayobe, addresses: Mapping[str, Mapping[str, str]]) -> None:
        self.kayobe, self.addresses = kayobe, addresses
        self.rendered = kayobe.top / "rendered"
        self.cache = {
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(kayobe.top / "facts"),
        }

    def genconfig(self, tags: Iterable[str], *options: str) -> None:
        """Render services into ``rendered``/<host>; AssertionError with its last words."""
        self._facts()
        for host in self.addresses:
            for folder in BESIDE:
                (self.rendered / host / folder).mkdir(parents=True)
        images = self.kayobe.kolla / "config" / "ironic"  # which Kayobe would have built
        images.mkdir(parents=True, exist_ok=True)
        for name in ("ironic-agent.kernel", "ironic-agent.initramfs"):
            (images / name).write_text("none\n")
        place = f"{self.rendered}/{{{{ inventory_hostname }}}}"
        own = {
            "ansible_connection": "local", "ansible_python_interpreter": sys.executable,
            "ansible_become": False, "config_owner_user": "root", "config_owner_group": "root",
            "node_config_directory": place,
        }  # fmt: skip
        kolla = self.kayobe.kolla
        with (kolla / "globals.yml").open("a") as file:  # what `-e` says comes before it
            file.write(yaml.safe_dump(own))
        self.kayobe.run(
            "kolla-ansible", "genconfig", "--configdir", str(kolla), "--tags", ",".join(tags),
            "--inventory", str(kolla / "inventory" / "overcloud"),
            "--playbook", str(self._playbooks() / "site.yml"), *options, **self.cache,
        )  # fmt: skip

    def _facts(self) -> None:
        """As they would be once the host layer is done: this machine's, with the interfaces."""
        hosts = "".join(f"{host}," for host in self.addresses)
        self.kayobe.run(
            str(BIN / "ansible"), "-i", hosts, "all", "-c", "local", "-m", "ansible.builtin.setup",
            "-a", "gather_subset=!all,min,hardware",
            "-e", f"ansible_python_interpreter={sys.executable}", **self.cache,
        )  # fmt: skip
        for file in (self.kayobe.top / "facts").iterdir():
            host = file.name.partition("_")[2]
            kept = json.loads(file.read_text())
            facts = json.loads(kept["__payload__"])
            facts |= dict.fromkeys(("ansible_hostname", "ansible_nodename", "ansible_fqdn"), host)
            for name, address in self.addresses[host].items():
                facts[f"ansible_{name}"] = {"device": name, "ipv4": {"address": address}}
            file.write_text(json.dumps({**kept, "__payload__": json.dumps(facts)}))

    def _playbooks(self) -> Path:
        """Kolla-Ansible's own, with the stand-in in place of one module."""
        top = self.kayobe.top / "kolla-ansible"
        subprocess.run(["cp", "-rs", SHARE / "kolla-ansible" / "ansible", top], check=True)
        module = top / "library" / "kolla_toolbox.py"
        module.unlink()
        module.write_text(NO_CLOUD_YET)
        return top

"""The real Kayobe of the venv, offline, on a Kayobe folder of a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SHARE = Path(sys.prefix) / "share"


class RealKayobe:
    """Runs on the folder *top*/kayobe; ``kolla`` is where Kolla-Ansible's configuration goes."""

    def __init__(self, top: Path) -> None:
        self.top, self.folder, self.kolla = top, top / "kayobe", top / "kolla"
        self.kolla.mkdir(exist_ok=True)
        self.extra = {
            "kayobe_control_host_become": False,
            "ssh_private_key_path": str(top / "id"), "ssh_public_key_path": str(top / "id.pub"),
            "kolla_ansible_install_dir": str(SHARE / "kolla-ansible"),
            **{f"inspector_ipa_{image}_{key}": None for image in ("kernel", "ramdisk")
               for key in ("upstream_url", "checksum_url")},
        }  # fmt: skip
        for name in ("id", "id.pub"):
            (top / name).write_text("a key of a test\n")
        usual = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "KAYOBE_"))}
        self.environment = {
            **usual, "KAYOBE_CONFIG_PATH": str(self.folder), "KOLLA_CONFIG_PATH": str(self.kolla),
            "KOLLA_VENV_PATH": sys.prefix, "PWD": str(top), "HOME": str(top),
            "PATH": f"{Path(sys.prefix) / 'bin'}:{usual['PATH']}", "ANSIBLE_NOCOLOR": "1",
            # nothing is fetched
            "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
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

    def dump(self, expressions: Mapping[str, str], *options: str) -> dict[str, dict[str, Any]]:
        """What Kayobe makes of expressions, by overcloud host."""
        parts = ", ".join(f"'{name}': {text}" for name, text in expressions.items())
        asked = self._variables(probe="{{ {" + parts + "} }}")
        words = ("kayobe", "configuration", "dump", *asked, "--var-name", "probe", *options)
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

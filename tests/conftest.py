"""The kit's own code for the tests: `ansible.module_utils.<ours>` as Ansible imports it."""

import os
from pathlib import Path

import ansible.module_utils
from hypothesis import settings

CHECKOUT = Path(__file__).resolve().parent.parent

ansible.module_utils.__path__.append(str(CHECKOUT / "plugins" / "module_utils"))
os.environ.setdefault("ANSIBLE_CONFIG", str(CHECKOUT / "ansible.cfg"))

# no deadline: the machine may be busy with virtual machines
settings.register_profile("slipway", deadline=None)
settings.load_profile("slipway")

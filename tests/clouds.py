"""The lab's cloud for tests: its APIs, the kit's playbook on it, and faults between the two."""

import json
import os
import subprocess
import sys
from pathlib import Path

import ansible.module_utils

CHECKOUT = Path(__file__).resolve().parent.parent
_OURS = str(CHECKOUT / "plugins" / "module_utils")
if _OURS not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_OURS)

from ansible.module_utils.cloud.api import Cloud  # noqa: E402
from ansible.module_utils.cloud.marks import Mark  # noqa: E402
from ansible.module_utils.cloud.runner import side_by_side  # noqa: E402
from ansible.module_utils.cloud_flavors import CloudFlavors  # noqa: E402
from ansible.module_utils.cloud_images import CloudImages  # noqa: E402
from ansible.module_utils.cloud_networks import CloudNetworks  # noqa: E402
from ansible.module_utils.cloud_projects import CloudProjects  # noqa: E402
from ansible.module_utils.converge import converge  # noqa: E402

INVENTORY = CHECKOUT / "inventories" / "lab-cloud"


def folder():
    """Where the lab keeps the cloud's files for people."""
    return CHECKOUT / ".lab" / (os.environ.get("SLIPWAY_LAB") or "default") / "cloud"


def connect(name="slipway"):
    return Cloud.connect(name, file=str(folder() / "clouds.yaml"))


def lab(*words):
    """`scripts/lab cloud …`; what it said."""
    command = [CHECKOUT / "scripts" / "lab", "cloud", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Run:
    """One run of the playbook: ``steps`` by name, ``changed`` tasks, ``text`` of all it said."""

    def __init__(self, status, text, errors):
        self.status, self.text, self.errors = status, text, errors
        self.steps, self.left, self.failures = {}, [], []
        try:
            answer = json.loads(text[text.index("{\n") :])
        except ValueError:
            raise AssertionError(text + errors) from None
        for play in answer["plays"]:
            for task in play["tasks"]:
                for said in task["hosts"].values():
                    self.steps |= {step["name"]: step for step in said.get("steps", ())}
                    self.left += said.get("left", ())
                    if said.get("failed"):
                        self.failures.append(said["msg"])
        self.changed = sum(host["changed"] for host in answer["stats"].values())

    def well(self):
        assert self.status == 0, "\n".join(self.failures) or self.text + self.errors
        return self


def play(*words, **options):
    """`playbooks/cloud.yml` on the lab's cloud, to its end; as ``begun``."""
    process = begun(*words, **options)
    said, errors = process.communicate()
    return Run(process.returncode, said, errors)


def begun(*words, tags=(), check=False, **variables):
    """The process of it, in a group of its own. *variables* go before the inventory's."""
    command = [
        sys.executable, "-m", "ansible", "playbook", "-i", INVENTORY,
        CHECKOUT / "playbooks" / "cloud.yml", "--diff", *words,
    ]  # fmt: skip
    command += ["--check"] if check else []
    command += ["--tags", ",".join(tags)] if tags else []
    command += ["--extra-vars", json.dumps(variables)] if variables else []
    environment = {
        **os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
    }  # fmt: skip
    environment.pop("ANSIBLE_CALLBACKS_ENABLED", None)  # Molecule's own
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        start_new_session=True,
    )  # fmt: skip


def named(cloud, service, path, key, name, **query):
    """The only object of that name."""
    found = [t for t in cloud.list(service, path, key, query) if t.get("name") == name]
    assert len(found) == 1, f"{len(found)} {key} are called {name}"
    return found[0]


def network(vlan, third, **values):
    """A network as the role takes it, on a VLAN that the model does not use."""
    base = f"10.99.{third}"
    subnet = {"cidr": f"{base}.0/24", "gateway_ip": f"{base}.1", "enable_dhcp": False,
              "allocation_pools": [{"start": f"{base}.10", "end": f"{base}.99"}]}  # fmt: skip
    return {
        "provider_network_type": "vlan", "provider_physical_network": "physnet1",
        "provider_segmentation_id": vlan, "mtu": 9000, "subnet": subnet, **values,
    }  # fmt: skip


#: Another site in the same cloud, for the playbook.
OTHER = {"name": "other-site", "organisation": "Tests", "domain": "other.example"}


class OtherSite:
    """Another site in the same cloud, with a mark of its own; its modules without Ansible.

    *wants*: ``projects``, ``networks``, ``routers``, ``groups``, ``flavors``, ``images`` by name.
    """

    def __init__(self, name=OTHER["name"]):
        self.mark = Mark(name)

    def run(self, check=False, timeout=60, adopt=False, **wants):
        """Names of the steps, and what was left. ConvergeError as the module would say it."""
        cloud = Cloud.connect("slipway", file=str(folder() / "clouds.yaml"), timeout=timeout)
        given = {
            kind: wants.get(kind, {})
            for kind in ("projects", "networks", "routers", "groups", "flavors", "images")
        }
        networks = [given[kind] for kind in ("networks", "routers", "groups")]
        subjects = [
            CloudProjects(cloud, self.mark, given["projects"], own_roles=["member"], adopt=adopt),
            CloudNetworks(cloud, self.mark, *networks, adopt=adopt),
            CloudFlavors(cloud, self.mark, given["flavors"], adopt=adopt),
            CloudImages(cloud, self.mark, given["images"], folder=str(CHECKOUT), adopt=adopt),
        ]
        steps, left = {}, []
        for subject in subjects:
            done = converge(subject, check=check, runner=side_by_side(cloud.parallel))
            steps |= {step["name"]: step for step in done.steps}
            left += done.left + done.refusals
        return steps, left

    def gone(self):
        """Nothing of it is there any more; a project only goes when it is empty."""
        for _ in range(2):
            self.run()

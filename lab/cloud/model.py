"""What the services load of the site model: the files that the kit writes for Kolla-Ansible.

Runs in the kit's venv (`python model.py INVENTORY`), for the lab itself has neither YAML nor
pydantic; prints `{files: {path below kolla/config: text}, hosts: {name: …}}` as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

CONFIG = "kolla/config/"
PLUGINS = Path(__file__).resolve().parents[2] / "plugins"


def site(folder: Path) -> dict[str, Any]:
    """Files of the deployment, and facts of its compute hosts."""
    from module_utils.cloud_config.files import files
    from module_utils.site_model.derive.deployment import deployment
    from module_utils.site_model.inventory import read_inventory
    from module_utils.site_model.source import Source
    from module_utils.site_model.view import host_view

    inventory = read_inventory(folder, Source())
    hosts = [each.as_site_host() for each in inventory.hosts.values()]
    texts = files(deployment(inventory.sections, hosts))
    views = (host_view(inventory.sections, each) for each in hosts)
    return {
        "files": {
            path.removeprefix(CONFIG): text
            for path, text in texts.items()
            if path.startswith(CONFIG)
        },
        "hosts": {view.name: host(view) for view in views if view.group.purpose == "compute"},
    }


def host(view: Any) -> dict[str, Any]:
    """One compute host: its bridges, hugepages, and the NICs that its sysfs shows."""
    from module_utils.site_model.derive.cloud import bridge_mappings

    return {
        "bridge_mappings": bridge_mappings(view),
        "hugepages": {h.size: h.count for h in view.group.kernel.hugepages},
        "ports": [
            {
                "name": port.name,
                "address": port.pci_address,
                "vfs": profile.vfs,
                "eswitch_mode": profile.eswitch_mode,
            }
            for profile in view.profiles.values()
            for port in profile.ports
            if port.pci_address
        ],
    }


if __name__ == "__main__":
    sys.path.insert(0, str(PLUGINS))
    print(json.dumps(site(Path(sys.argv[1]))))

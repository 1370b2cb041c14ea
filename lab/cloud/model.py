"""What the services load of the site model, by the kit's own derivations.

Runs in the kit's venv (`python model.py INVENTORY`), for the lab itself has neither YAML nor
pydantic; prints `{networks: {vlan_ranges, physical}, hosts: {name: …}}` as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

MODULE_UTILS = Path(__file__).resolve().parents[2] / "plugins" / "module_utils"


def site(folder: Path) -> dict[str, Any]:
    """Facts of the site's fabrics and of its compute hosts."""
    from site_model.derive.cloud import network_vlan_ranges
    from site_model.inventory import read_inventory
    from site_model.source import Source
    from site_model.view import host_view, section

    inventory = read_inventory(folder, Source())
    ranges = network_vlan_ranges(section(inventory.sections, "site_fabrics"))
    views = (host_view(inventory.sections, h.as_site_host()) for h in inventory.hosts.values())
    return {
        "vlan_ranges": ranges,
        "physical_networks": list(dict.fromkeys(each.partition(":")[0] for each in ranges)),
        "hosts": {view.name: host(view) for view in views if view.group.purpose == "compute"},
    }


def host(view: Any) -> dict[str, Any]:
    """One compute host: what Nova and Neutron are told, and the NICs that its sysfs shows."""
    from site_model.derive.cloud import bridge_mappings, device_spec

    return {
        "device_spec": device_spec(view),
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
    sys.path.insert(0, str(MODULE_UTILS))
    print(json.dumps(site(Path(sys.argv[1]))))

"""CPU and wall time for objects of a cloud, beside openstack.cloud's modules in a loop.

On the lab's cloud (`scripts/lab cloud up` first): provider networks with a subnet each, and
bare-metal nodes of the fake hardware type with ports, a port group and a trait. The kit's
playbook makes all in a first run and changes nothing in a second one. The modules of the
collection take one object a task: a few are made and looked at, and what that costs beside the
start of Ansible is counted up.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from clouds import connect
from support.conditions import CHECKOUT, PLACE, conditions, record, table
from support.run import Cost, playbook, recap

INVENTORY = CHECKOUT / "inventories" / "lab-cloud"
LOOP = Path(__file__).resolve().parent / "support" / "cloud_loop.yml"
#: How much less CPU a run that changes nothing has to take than the loop.
LEAST = 10.0


def networks(number: int) -> dict[str, Any]:
    """As the role takes them, on VLANs that the lab's model does not use."""
    return {
        f"bench-{n:03}": {
            "provider_network_type": "vlan", "provider_physical_network": "physnet1",
            "provider_segmentation_id": 2000 + n, "mtu": 9000,
            "subnet": {
                "cidr": f"10.100.{n}.0/24", "gateway_ip": f"10.100.{n}.1", "enable_dhcp": False,
                "allocation_pools": [{"start": f"10.100.{n}.10", "end": f"10.100.{n}.99"}],
            },
        }
        for n in range(number)
    }  # fmt: skip


def nodes(number: int) -> dict[str, Any]:
    """As the model has them."""
    return {
        f"bench-{n:03}": {
            "driver": "fake-hardware", "resource_class": "bench", "traits": ["CUSTOM_BENCH"],
            "properties": {"cpus": 64, "memory_mb": 262144, "local_gb": 400},
            "ports": [
                {"mac_address": f"52:54:01:{n // 256:02x}:{n % 256:02x}:{port:02x}",
                 "physical_network": "physnet1", "pxe": port == 0}
                for port in range(2)
            ],
            "port_group": {"mode": "802.3ad", "transmit_hash_policy": "layer3+4"},
        }
        for n in range(number)
    }  # fmt: skip


def kit(folder: Path, tag: str, counts: dict[str, int], log: str) -> Cost:
    """One run of the kit's playbook for one kind."""
    given = {
        "site": {"name": "bench", "organisation": "Bench", "domain": "bench.example"},
        "cloud_networks_networks": networks(counts["networks"]),
        "cloud_networks_routers": {}, "cloud_networks_security_groups": {},
        "site_openstack": {"release": "2026.1", "nodes": nodes(counts["nodes"])},
        "cloud_nodes_connection": {"cloud": "slipway", "file": str(clouds())},
    }  # fmt: skip
    path = folder / "given.json"
    path.write_text(json.dumps(given))
    arguments = ["-i", str(INVENTORY), str(CHECKOUT / "playbooks" / "cloud.yml")]
    return playbook([*arguments, "--tags", tag, "-e", f"@{path}"], {}, PLACE / f"cloud-{log}.log")


def loop(folder: Path, tag: str, number: int, log: str) -> Cost:
    """One run of the collection's modules, one task for each object."""
    given = {"networks": networks(number), "nodes": nodes(number)}
    # other names and VLANs than the kit's
    given = json.loads(json.dumps(given).replace("bench-", "loop-").replace("10.100.", "10.101."))
    for network in given["networks"].values():
        network["provider_segmentation_id"] += 1000
    for node in given["nodes"].values():
        for port in node["ports"]:
            port["mac_address"] = port["mac_address"].replace("52:54:01", "52:54:02")
    path = folder / "loop.json"
    path.write_text(json.dumps(given))
    environment = {"OS_CLIENT_CONFIG_FILE": str(clouds()), "OS_CLOUD": "slipway"}
    arguments = [str(LOOP), "--tags", tag, "-e", f"@{path}"]
    return playbook(arguments, environment, PLACE / f"cloud-{log}.log")


def clouds() -> Path:
    """The lab's clouds.yaml."""
    path = CHECKOUT / ".lab" / (os.environ.get("SLIPWAY_LAB") or "default") / "cloud"
    return path / "clouds.yaml"


def unlimited() -> None:
    """Neutron gives a project 100 networks unless it is told otherwise."""
    cloud = connect()
    quota = {"quota": {"network": -1, "subnet": -1}}
    cloud.call("network", "PUT", f"/quotas/{cloud.project_id}", quota)


def measured(folder: Path, kind: str, number: int, sample: int) -> list[dict[str, Any]]:
    """First and second run of both ways."""
    rows = []
    start = loop(folder, kind, 0, f"loop-{kind}-start").cpu  # of Ansible, once for all objects
    for what in ("first", "no-op"):
        cost = kit(folder, kind, {"networks": number, "nodes": number}, f"kit-{kind}-{what}")
        if what == "no-op":
            still(PLACE / f"cloud-kit-{kind}-{what}.log")
        print(f"  {kind}, {what}: {cost.cpu:.1f} s of CPU in {cost.wall:.1f} s", flush=True)
        few = loop(folder, kind, sample, f"loop-{kind}-{what}")
        rows.append({
            "kind": kind, "run": what, "objects": number, "wall": round(cost.wall, 2),
            "cpu": round(cost.cpu, 2), "sample": sample, "loop_wall": round(few.wall, 2),
            "loop_cpu": round(few.cpu, 2), "loop_start": round(start, 2),
            "counted_up": round(start + (few.cpu - start) / sample * number, 1),
        })  # fmt: skip
    kit(folder, kind, {"networks": 0, "nodes": 0}, f"kit-{kind}-gone")
    loop(folder, f"{kind}-gone", sample, f"loop-{kind}-gone")
    return rows


def still(log: Path) -> None:
    """SystemExit if the run changed something."""
    if any(count["changed"] for count in recap(log).values()):
        raise SystemExit(f"the second run changed something; see {log}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench cloud", description=__doc__)
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--sample", type=int, default=10, help="objects that the loop takes")
    options = parser.parse_args()
    if not clouds().exists():
        raise SystemExit("the lab's cloud does not run: scripts/lab cloud up")
    unlimited()
    result = {"conditions": conditions(), "rows": []}
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
        for kind, number in (("networks", options.networks), ("nodes", options.nodes)):
            if number:
                result["rows"] += measured(Path(folder), kind, number, options.sample)
    print(summary(result["rows"]))
    print(f"\nwritten to {record('cloud', result).relative_to(CHECKOUT)}")
    idle = [row for row in result["rows"] if row["run"] == "no-op"]
    return 0 if all(row["counted_up"] >= LEAST * row["cpu"] for row in idle) else 1


def summary(rows: list[dict[str, Any]]) -> str:
    heading = ("objects", "run", "wall s", "CPU s", "loop: CPU s", "counted up", "times")
    cells = [
        (
            f"{row['objects']} {row['kind']}", row["run"], f"{row['wall']:.1f}",
            f"{row['cpu']:.1f}", f"{row['loop_cpu']:.1f} for {row['sample']}",
            f"{row['counted_up']:.0f}", f"{row['counted_up'] / row['cpu']:.0f}",
        )
        for row in rows
    ]  # fmt: skip
    return "\n" + table(heading, cells)


if __name__ == "__main__":
    sys.exit(main())

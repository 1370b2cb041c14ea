"""Bare hosts with a dual-port NIC of each driver, and the specs that fit them."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.host_datapath.engine import ALL, Datapath
from ansible.module_utils.host_datapath.spec import Spec

from fakes.commands import FakeHost
from fakes.manager import FakeManager
from fakes.model import Function, Netdev, Simulated
from fakes.ovs import Database

PORTS = ("0000:3b:00.0", "0000:3b:00.1")


def bare(driver: str) -> FakeHost:
    """A host as the installer left it: kernel names, no VFs, no bond, Open vSwitch stopped."""
    host = FakeHost()
    host.ovs = Database()
    host.files["/usr/bin/ovs-vsctl"] = ""
    host.add_netdev(Netdev("mgmt0", "52:54:00:77:00:11", up=True, addresses=["192.0.2.11/24"]))
    if driver == "netdevsim":
        host.simulated["netdevsim10"] = Simulated("netdevsim10")
        for n in range(2):
            host.add_netdev(
                Netdev(f"eni10np{n + 1}", f"52:54:00:51:00:0{n}", None, "netdevsim10", f"p{n + 1}")
            )
        return host
    mlx5 = driver == "mlx5_core"
    for n, address in enumerate(PORTS):
        function = Function(
            address,
            driver,
            total=127 if mlx5 else 7,
            offset=2 if mlx5 else 128,
            stride=1 if mlx5 else 2,
        )
        if mlx5:
            function.params = {"flow_steering_mode": "dmfs", "inline-mode": "none"}
            function.params["compat"] = "queue_affinity"
        host.functions[address] = function
        host.add_netdev(
            Netdev(
                f"ens1f{n}",
                f"52:54:00:82:11:0{n}",
                parent=address,
                offload="off" if mlx5 else "off [fixed]",
            )
        )
    if mlx5:
        # 127 VFs of the first port would run into those of the second otherwise
        host.functions[PORTS[1]].offset = 200
    return host


def spec_dict(driver: str, **nic: Any) -> dict[str, Any]:
    """A desired state that uses all that the driver can do; *nic* overrides keys of the NIC."""
    if driver == "netdevsim":
        ports = [
            {"name": f"data{n}", "device": "netdevsim/netdevsim10", "port": n} for n in range(2)
        ]
    else:
        ports = [{"name": f"data{n}", "pci_address": PORTS[n]} for n in range(2)]
    switchdev = driver != "igb"
    values: dict[str, Any] = {
        "name": "data",
        "driver": driver,
        "ports": ports,
        "mtu": 9000,
        "vfs": 4,
        "eswitch_mode": "switchdev" if switchdev else "legacy",
        "hw_tc_offload": switchdev,
        "bond": {"name": "bond0"},
    }
    if driver == "mlx5_core":
        values.update(lag_port_select_mode="hash", flow_steering_mode="smfs")
    values.update(nic)
    return {
        "host": "host-1",
        "nics": [values],
        "networks": [
            {
                "name": "storage",
                "link": "bond0",
                "vlan": 100,
                "interface": "bond0.100",
                "mtu": 9000,
                "addresses": ["10.10.0.1/16"],
            }
        ],
        "management": {"interface": "mgmt0"},
        "openvswitch": {
            "hw_offload": switchdev,
            "max_idle": 30000,
            "bridges": [
                {
                    "name": "br-data",
                    "ports": ["bond0"],
                    "representors": "all" if switchdev else "none",
                    "mtu": 9000,
                }
            ],
        },
    }


def datapath(
    host: FakeHost, spec: dict[str, Any], phase: str = ALL, connection: str | None = ""
) -> Datapath:
    """The subject, with the fake network manager."""
    return Datapath(host, Spec.from_dict(spec), phase, FakeManager(), connection)

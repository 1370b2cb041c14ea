"""The top-of-rack switch: Open vSwitch in userspace, inside the instance's namespace."""

import os

from lab import network, process
from lab.command import attempt, capture
from lab.errors import LabError
from lab.machine import Machine
from lab.paths import Paths

BRIDGE = "rack"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"


class Switch:
    """One switch for each instance; each machine's ports are one LACP bond on it."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.run = paths.sockets / "switch"
        self.home = paths.home / "switch"
        self.db = f"unix:{self.run}/db.sock"
        self.env = {
            **os.environ,
            "OVS_RUNDIR": str(self.run),
            "OVS_DBDIR": str(self.home),
            "OVS_LOGDIR": str(paths.logs),
            "OVS_SYSCONFDIR": str(self.home),
        }

    def pid(self, daemon: str) -> int | None:
        return process.alive(self.run / f"{daemon}.pid", f"--pidfile={self.run}/{daemon}.pid")

    def up(self) -> bool:
        """Start the switch, without ports, unless it runs; whether it had to be started."""
        if self.pid("ovsdb-server") and self.pid("ovs-vswitchd") and self.answers():
            return False
        self.down()
        self.run.mkdir(parents=True, exist_ok=True)
        self.home.mkdir(parents=True, exist_ok=True)
        database = self.home / "conf.db"
        database.unlink(missing_ok=True)
        capture(["ovsdb-tool", "create", database, SCHEMA], env=self.env)
        self.daemon("ovsdb-server", str(database), f"--remote=p{self.db}")
        self.vsctl("--no-wait", "init")
        self.daemon("ovs-vswitchd", self.db)
        self.vsctl("add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev")
        return True

    def daemon(self, name: str, *arguments: str) -> None:
        options = [
            f"--pidfile={self.run}/{name}.pid",
            f"--unixctl={self.run}/{name}.ctl",
            f"--log-file={self.paths.logs}/{name}.log",
            "--detach",
        ]
        capture(network.inside(self.paths, [name, *arguments, *options]), env=self.env)

    def answers(self) -> bool:
        command = ["ovs-appctl", "-t", self.run / "ovs-vswitchd.ctl", "version"]
        return attempt(command, env=self.env, timeout=60).returncode == 0

    def down(self) -> None:
        """End the switch's two processes."""
        for daemon in ("ovs-vswitchd", "ovsdb-server"):
            if pid := self.pid(daemon):
                process.end(pid, f"--pidfile={self.run}/{daemon}.pid")

    def vsctl(self, *arguments: str) -> str:
        return capture(["ovs-vsctl", f"--db={self.db}", "--timeout=120", *arguments], env=self.env)

    def appctl(self, *arguments: str) -> str:
        target = self.run / "ovs-vswitchd.ctl"
        return capture(["ovs-appctl", "-t", target, *arguments], env=self.env)

    def attach(self, machine: Machine) -> None:
        """Make the machine's ports one LACP bond with jumbo frames and all VLANs.

        A bond that is there already loses what a fault test did to it. Ports of a kind with a
        VLAN are access ports, each alone.
        """
        if not machine.port_taps:
            return
        if machine.kind.vlan:
            for tap in machine.port_taps:
                self.vsctl("--may-exist", "add-port", BRIDGE, tap, f"tag={machine.kind.vlan}")
            self.mtu(machine, network.DATA_MTU)
            return
        self.vsctl(
            *("--may-exist", "add-bond", BRIDGE, machine.name, *machine.port_taps),
            *("--", "set", "port", machine.name, "other_config:lacp-time=fast"),
        )
        self.lacp(machine, on=True)
        self.mtu(machine, network.DATA_MTU)

    def lacp(self, machine: Machine, *, on: bool) -> None:
        """Speak LACP with the machine or not."""
        self.require_ports(machine)
        if machine.kind.vlan:
            raise LabError(f"{machine.name} has no LACP: its ports are access ports")
        if on:
            self.vsctl("set", "port", machine.name, "lacp=active", "bond_mode=balance-tcp")
        else:  # balance-tcp needs LACP
            self.vsctl("set", "port", machine.name, "bond_mode=balance-slb", "lacp=off")

    def mtu(self, machine: Machine, mtu: int) -> None:
        """Set the largest frame that the switch takes on the machine's ports."""
        self.require_ports(machine)
        for tap in machine.port_taps:
            self.vsctl("set", "interface", tap, f"mtu_request={mtu}")

    def show(self) -> str:
        """Bonds and LACP as the switch sees them."""
        if not self.pid("ovs-vswitchd"):
            raise LabError("the switch does not run; start it with: scripts/lab start")
        return self.appctl("bond/show") + self.appctl("lacp/show")

    def require_ports(self, machine: Machine) -> None:
        if not machine.port_taps:
            raise LabError(f"{machine.name} has no ports on the switch; use a host-N")
        ports = self.vsctl("list-ifaces", BRIDGE).split()
        if machine.port_taps[0] not in ports:
            raise LabError(
                f"{machine.name} does not run; start it with: scripts/lab start {machine.name}"
            )

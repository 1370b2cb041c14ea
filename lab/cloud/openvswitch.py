"""Open vSwitch of a compute host, for its openvswitch agent: in userspace, without interfaces.

Each host has a database and a switch of its own, and all of them are in one namespace, so the
switches make no devices (`--enable-dummy=override`, as Open vSwitch tests itself).
"""

import shutil

from lab.cloud.daemon import Daemon, end
from lab.cloud.settings import Settings
from lab.command import attempt, capture
from lab.switch import SCHEMA


class HostSwitch:
    """Database and switch of one host."""

    def __init__(self, settings: Settings, host: str) -> None:
        self.host = host
        self.home = settings.home / "openvswitch" / host
        run = settings.run / host
        self.run = run
        self.socket = run / "db.sock"
        env = {f"OVS_{kind}DIR": str(run) for kind in ("RUN", "DB", "LOG", "SYSCONF")}
        serve = [f"--remote=punix:{self.socket}", f"--unixctl={run}/db.ctl"]
        self.database = Daemon(
            settings.paths,
            f"ovsdb-{host}",
            ["ovsdb-server", str(self.home / "conf.db"), *serve],
            env,
        )
        switch = ["ovs-vswitchd", f"unix:{self.socket}", f"--unixctl={run}/switch.ctl"]
        self.switch = Daemon(
            settings.paths, f"vswitchd-{host}", [*switch, "--enable-dummy=override"], env
        )

    @property
    def address(self) -> str:
        """Of the database, for the agent."""
        return f"unix:{self.socket}"

    def start(self, bridges: list[str]) -> None:
        """Both processes, and the bridges that a host's deployment makes."""
        if not self.database.pid or not self.switch.pid:
            end([self.switch, self.database])
            shutil.rmtree(self.home, ignore_errors=True)
            self.home.mkdir(parents=True)
            self.run.mkdir(parents=True, exist_ok=True)
            capture(["ovsdb-tool", "create", self.home / "conf.db", SCHEMA])
            self.database.start()
            while attempt(self.vsctl("--no-wait", "init")).returncode:
                self.database.require()
            self.switch.start()
        for bridge in bridges:
            capture(self.vsctl("--may-exist", "add-br", bridge))
        capture(self.vsctl("set", "Open_vSwitch", ".", "other_config:hw-offload=true"))

    def vsctl(self, *arguments: str) -> list[str]:
        return ["ovs-vsctl", f"--db={self.address}", "--timeout=60", *arguments]

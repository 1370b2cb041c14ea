"""The cloud of a lab instance: brought up, looked at, ended.

from lab.cloud.cloud import Cloud
Cloud(Lab().paths).up()
"""

import json
import shutil
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

from lab import hostpackages, network, process
from lab.cloud import database, faults, files, infra, tls, venv
from lab.cloud.api import Api, away
from lab.cloud.conf import compute
from lab.cloud.daemon import Daemon, end
from lab.cloud.services import Service, Services
from lab.cloud.settings import CATALOG, Settings, private
from lab.command import capture
from lab.errors import LabError
from lab.paths import CHECKOUT, Paths
from lab.progress import phase, say

INVENTORY = CHECKOUT / "inventories" / "lab-cloud"
KIT_PYTHON = CHECKOUT / ".venv" / "bin" / "python"
PATIENCE = 600


class Cloud:
    """Services of one instance; its namespace is there (`Lab.prepare`) before `up`."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.settings = Settings(paths)

    def choose(self, **choices: Any) -> None:
        """Remember what a command said; None leaves it as it was."""
        said = {name: value for name, value in choices.items() if value is not None}
        private(self.settings.home / "choices.json", json.dumps(self.settings.choices | said))

    def up(self) -> None:
        """Everything runs and answers; what runs with the same files already is left alone."""
        with phase("the cloud's programs"):
            hostpackages.ensure(hostpackages.CLOUD_COMMANDS)
            programs = venv.ensure()
        facts = site_facts()
        private(self.settings.home / "facts.json", json.dumps(facts))
        services = Services(self.settings, programs, facts)
        with phase("its databases"):
            address = f"{self.settings.internal}/24"
            capture(
                ["ip", "-n", self.paths.netns, "addr", "replace", address, "dev", network.BRIDGE]
            )
            infra.start_messages(self.settings)
            database.ensure(self.settings, programs, [*services.hosts, compute.IRONIC_HOST])
        with phase("its services"):
            files.write(self.settings, programs, facts)
            self.proxy()
            for host, switch in services.switches.items():
                switch.start(list(facts["hosts"][host]["bridge_mappings"].values()))
            infra.wait_for_messages(self.settings)
            self.start(services.first())
            api = Api(self.settings)
            self.wait(services.first(), lambda: [each for each in CATALOG if not api.answers(each)])
            self.start(services.second())
            every = [*services.first(), *services.second()]
            hosts = services.hosts
            self.wait(every, lambda: away(api, hosts, compute.IRONIC_HOST))
        say(f"the cloud answers; use it with: . {self.settings.home / 'openrc'}")

    def proxy(self) -> None:
        """haproxy with the present configuration."""
        daemon = tls.haproxy(self.settings)
        self.start([Service(daemon, [self.settings.etc / "haproxy.cfg"])])

    def start(self, services: list[Service]) -> None:
        """Start what does not run, and what runs with other files than these."""
        for service in services:
            stamp = service.daemon.pid_file.with_suffix(".files")
            known = stamp.read_text() if stamp.exists() else ""
            if service.daemon.pid and known == service.fingerprint:
                continue
            end([service.daemon])
            service.daemon.start()
            stamp.write_text(service.fingerprint)

    def wait(self, services: list[Service], missing: Callable[[], list[str]]) -> None:
        """Until nothing is missing; LabError with the log of what ended or with what is."""
        until = time.monotonic() + PATIENCE
        while True:
            for service in services:
                service.daemon.require()
            try:
                left = missing()
            except LabError as error:
                left = [str(error)]
            if not left:
                return
            if time.monotonic() > until:
                logs = self.paths.logs / "cloud"
                raise LabError(f"the cloud does not answer: {', '.join(left)}; logs: {logs}")
            time.sleep(0.5)

    @cached_property
    def services(self) -> Services:
        """As they were started; no hosts if they never were."""
        path = self.settings.home / "facts.json"
        facts = json.loads(path.read_text()) if path.exists() else {"hosts": {}}
        return Services(self.settings, venv.path(), facts)

    def daemons(self) -> list[Daemon]:
        """Everything, in the order in which it ends."""
        last = [*infra.messages(self.settings), infra.mariadb(self.settings)]
        return self.outer() + self.services.daemons() + last

    def outer(self) -> list[Daemon]:
        return [faults.daemon(self.settings), tls.haproxy(self.settings)]

    def named(self, name: str) -> Daemon:
        known = {daemon.name: daemon for daemon in self.daemons()}
        if name not in known:
            raise LabError(f"unknown service {name!r}: use one of {', '.join(known)}")
        return known[name]

    def kill(self, names: Iterable[str]) -> None:
        """End processes as a crash does, for fault tests; `up` starts them again."""
        end([self.named(name) for name in names], hard=True)

    def runs(self) -> bool:
        """Whether it was brought up, and its outer door is open."""
        return tls.haproxy(self.settings).pid is not None

    def down(self) -> None:
        """End every process; data stays."""
        if not self.settings.run.is_dir():
            return
        end(self.outer() + self.services.daemons())
        end(infra.messages(self.settings), hard=True)  # what is in them is thrown away
        end([infra.mariadb(self.settings)], patience=60)
        shutil.rmtree(self.settings.run, ignore_errors=True)

    def fresh(self) -> None:
        """As if the cloud had never been: its data goes, its passwords and certificates stay."""
        self.down()
        home = self.settings.home
        for name in ("mysql-ready", "mysql", "glance", "nova", "neutron", "ironic", "keystone"):
            path = home / name
            if path.is_dir():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)

    def status(self) -> list[dict[str, Any]]:
        """What is known of each process, for people and programs."""
        api = Api(self.settings) if self.settings.ca.exists() else None
        with ThreadPoolExecutor() as pool:
            answers = dict(zip(CATALOG, pool.map(api.answers, CATALOG), strict=True)) if api else {}
        return [
            {
                "name": daemon.name,
                "running": bool(pid),
                "pid": pid,
                "memory_mib": sum(map(memory_mib, daemon.members())) if pid else None,
                "uptime_s": round(process.uptime(pid)) if pid else None,
                "answers": answers.get(daemon.name),
            }
            for daemon in self.daemons()
            for pid in [daemon.pid]
        ]


def site_facts() -> dict[str, Any]:
    """What the services load of the site model (model.py)."""
    if not KIT_PYTHON.exists():
        raise LabError("the virtual environment is missing; make it with: scripts/bootstrap")
    program = Path(__file__).with_name("model.py")
    facts: dict[str, Any] = json.loads(capture([KIT_PYTHON, program, INVENTORY]))
    return facts


def memory_mib(pid: int) -> int:
    """A process's own part of memory in MiB: what it shares is divided."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(row.split()[1]) >> 10 for row in rows if row.startswith("Pss:")), 0)

"""OpenStack's processes of an instance: their programs, their files, in the order of starting."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.cloud import sysfs
from lab.cloud.daemon import Daemon
from lab.cloud.openvswitch import HostSwitch
from lab.cloud.settings import LOOPBACK, PORTS, Settings

UWSGI = [
    "--master", "--processes", "1", "--threads", "6", "--enable-threads", "--lazy-apps",
    "--need-app", "--die-on-term", "--no-orphans", "--buffer-size", "65535",
    "--add-header", "Connection: close", "--disable-logging",
]  # fmt: skip
PROGRAM = Path(__file__).with_name("compute.py")
#: Its /sys/bus/pci is another: $0, of the service only.
IN_SYSFS = 'mount --bind "$0" /sys/bus/pci && exec "$@"'


@dataclass(frozen=True)
class Service:
    """A process and the files that it reads when it starts."""

    daemon: Daemon
    files: list[Path] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """Other than at its start: it has to be started anew."""
        parts = [repr((self.daemon.argv, sorted(self.daemon.env.items()))).encode()]
        parts += [path.read_bytes() for path in self.files]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()


class Services:
    """All of an instance; *venv*: where its programs are; *facts*: of the site model."""

    def __init__(self, settings: Settings, venv: Path, facts: dict[str, Any]) -> None:
        self.settings = settings
        self.venv = venv
        self.hosts: list[str] = list(facts["hosts"])
        self.facts = facts
        self.etc = settings.etc
        self.switches = {host: HostSwitch(settings, host) for host in self.hosts}

    def first(self) -> list[Service]:
        """APIs, and what they hand work to."""
        etc, neutron = self.etc, self.neutron_files
        nova = [etc / "nova/nova.conf", *self.overlay("nova.conf")]
        return [
            self.api("keystone", "keystone.wsgi.api", [etc / "keystone.conf"],
                     OS_KEYSTONE_CONFIG_FILES=f"{etc / 'keystone.conf'}"),
            self.api("placement", "placement.wsgi.api", [etc / "placement/placement.conf"],
                     OS_PLACEMENT_CONFIG_DIR=f"{etc / 'placement'}"),
            self.api("nova", "nova.wsgi.osapi_compute", nova, OS_NOVA_CONFIG_DIR=f"{etc / 'nova'}",
                     OS_NOVA_CONFIG_FILES=";".join(["api-paste.ini", *map(str, nova)])),
            self.api("neutron", "neutron.wsgi.api", neutron,
                     OS_NEUTRON_CONFIG_FILES=";".join(map(str, neutron))),
            self.api("glance", "glance.wsgi.api", [etc / "glance/glance-api.conf"],
                     OS_GLANCE_CONFIG_DIR=f"{etc / 'glance'}",
                     OS_GLANCE_CONFIG_FILES="glance-api.conf"),
            self.process("ironic", "ironic", [etc / "ironic.conf"]),
            self.process("neutron-rpc", "neutron-rpc-server", neutron),
            self.process("nova-conductor", "nova-conductor", nova),
            self.process("nova-scheduler", "nova-scheduler",
                         [*nova, *self.overlay("nova/nova-scheduler.conf")]),
        ]  # fmt: skip

    def second(self) -> list[Service]:
        """What asks the first as soon as it starts."""
        ironic = [self.etc / "nova-compute-ironic.conf", *self.overlay("nova.conf")]
        found = [self.process("nova-compute-ironic", "nova-compute", ironic)]
        for host in self.hosts:
            files = [self.etc / f"neutron-agent-{host}.conf"]
            files += self.overlay(
                "neutron/ml2_conf.ini", "neutron/openvswitch_agent.ini",
                f"neutron/{host}/openvswitch_agent.ini",
            )  # fmt: skip
            program = [str(self.venv / "bin/neutron-openvswitch-agent"), *options(files)]
            # it runs ovs-vsctl too, which looks for the database in this folder
            env = {"OVS_RUNDIR": str(self.switches[host].run)}
            found.append(self.service(f"neutron-agent-{host}", program, files, env))
            found.append(self.compute(host))
        return found

    def daemons(self) -> list[Daemon]:
        """Everything that is not of infra.py, in the order in which it ends."""
        services = [each.daemon for each in (*self.second(), *self.first())]
        for switch in self.switches.values():
            services += [switch.switch, switch.database]
        return services

    @property
    def neutron_files(self) -> list[Path]:
        own = [self.etc / "neutron.conf"]
        return own + self.overlay("neutron.conf", "neutron/neutron.conf", "neutron/ml2_conf.ini")

    def overlay(self, *names: str) -> list[Path]:
        """Files beside the lab's own, those that are there: what the site model says."""
        found = (self.settings.overlay / name for name in names)
        return [path for path in found if path.exists()]

    def compute(self, host: str) -> Service:
        """nova-compute with the host's PCI devices."""
        files = [self.etc / f"nova-compute-{host}.conf"]
        files += self.overlay("nova.conf", "nova/nova.conf", f"nova/{host}/nova.conf")
        facts = self.facts["hosts"][host]
        tree = sysfs.place(self.settings.home, host, facts["ports"])
        pages = facts["hugepages"].get("1G", 0)
        argv = ["unshare", "--mount", "--propagation", "private", "sh", "-c", IN_SYSFS, str(tree)]
        argv += [str(self.venv / "bin/python"), str(PROGRAM), str(pages), *options(files)]
        return self.service(f"nova-compute-{host}", argv, files)

    def process(self, name: str, program: str, files: list[Path]) -> Service:
        return self.service(name, [str(self.venv / "bin" / program), *options(files)], files)

    def api(self, name: str, module: str, files: list[Path], **env: str) -> Service:
        socket = ["--http-socket", f"{LOOPBACK}:{PORTS[name]}", "--module", f"{module}:application"]
        argv = [str(self.venv / "bin/uwsgi"), *socket, *UWSGI, "--virtualenv", str(self.venv)]
        return self.service(name, argv, files, env)

    def service(
        self, name: str, argv: list[str], files: list[Path], env: dict[str, str] | None = None
    ) -> Service:
        path = f"{self.venv / 'bin'}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        environment = {"PATH": path, "PYTHONWARNINGS": "ignore", **(env or {})}
        return Service(Daemon(self.settings.paths, name, argv, environment), files)


def options(files: list[Path]) -> list[str]:
    return [word for file in files for word in ("--config-file", str(file))]

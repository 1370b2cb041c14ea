"""SSH to the machines: configuration, known hosts, and the relay into the namespace."""

import os
import signal
from collections.abc import Sequence

from lab import keys, network
from lab.command import attempt
from lab.machine import Machine
from lab.node.node import Node
from lab.paths import Paths
from lab.process import command_line

# Machines are reached by name or, as Ansible does it, by address: one host key for both.
EACH = """\
Host {name}
  HostName {address}
Match host {address}
  HostKeyAlias {name}
"""
# curve25519: post-quantum key exchange costs an emulated CPU most of a second.
COMMON = """\
Host {names} {subnet}
  User root
  IdentityFile {key}
  IdentitiesOnly yes
  UserKnownHostsFile {known_hosts}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  UpdateHostKeys no
  ProxyCommand nsenter --net={netns} socat - TCP4:%h:%p,nodelay,connect-timeout=30
  ConnectTimeout 60
  ServerAliveInterval 30
  ServerAliveCountMax 10
  KexAlgorithms curve25519-sha256
  ControlMaster auto
  ControlPersist 60
  ControlPath {sockets}/%C
  LogLevel ERROR
"""


def config(paths: Paths, machines: Sequence[Machine | Node]) -> str:
    """The instance's ssh_config: machines by name or by management address."""
    hosts = "".join(EACH.format(name=each.name, address=each.address) for each in machines)
    return hosts + COMMON.format(
        names=" ".join(each.name for each in machines),
        subnet=" ".join(each.address for each in machines),
        key=keys.private(keys.CLIENT),
        known_hosts=paths.known_hosts,
        netns=paths.netns_file,
        sockets=paths.sockets,
    )


def known_hosts(machines: Sequence[Machine | Node]) -> str:
    """The machines' host keys under their names."""
    return "".join(f"{each.name} {keys.public(each.name)}\n" for each in machines)


def write(paths: Paths, machines: Sequence[Machine | Node]) -> None:
    """Write both files; each is complete at every moment."""
    for target, text in (
        (paths.ssh_config, config(paths, machines)),
        (paths.known_hosts, known_hosts(machines)),
    ):
        half = target.with_name(f".{target.name}")
        half.write_text(text)
        half.rename(target)


def command(paths: Paths, machine: Machine | Node, argv: list[str], *options: str) -> list[str]:
    return ["ssh", "-F", str(paths.ssh_config), *options, machine.name, *argv]


def answers(paths: Paths, machine: Machine | Node, argv: list[str]) -> bool:
    """Whether the command runs on the machine now."""
    options = ("-o", "BatchMode=yes", "-o", "ControlPath=none", "-o", "ConnectTimeout=120")
    done = attempt(command(paths, machine, argv, *options), timeout=180)
    return done.returncode == 0


def disconnect(paths: Paths, machine: Machine | Node) -> None:
    """End all relays to the machine: persistent connections to a machine which was
    powered off or set back would wait for an answer for ever."""
    target = f"TCP4:{machine.address}:"
    for pid in network.processes(paths):
        words = command_line(pid)
        if words[:1] == ["socat"] and any(word.startswith(target) for word in words):
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                continue

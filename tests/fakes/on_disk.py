"""A converged host as a folder: a tree of kernel attributes and recorded answers of commands.

``System(root=folder)`` reads it, so a run there finds nothing to do. Used to let a
controller meet many hosts; nothing on it is a proof about hardware.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible.module_utils.converge import converge
from ansible.module_utils.host_datapath.host import Host
from ansible.module_utils.host_datapath.network import network_manager
from ansible.module_utils.host_datapath.spec import Spec
from ansible.module_utils.system import Output, recorded_key

from fakes.commands import FakeHost
from fakes.hosts import bare
from fakes.manager import FakeManager
from fakes.memory import Link
from fakes.model import Netdev


class RealFiles(FakeManager):
    """The files of a real network manager; the fake host makes them effective."""

    def __init__(self, name: str) -> None:
        self.real = network_manager(name)
        self.name = name

    def render(self, spec: Spec) -> dict[str, str]:
        return self.real.render(spec)

    def mode(self, path: str) -> int:
        return self.real.mode(path)

    def owned(self, system: FakeHost) -> Sequence[str]:
        return self.real.owned(system)


def converged(desired: dict[str, Any]) -> tuple[FakeHost, Host]:
    """A fake host brought to *desired*, boot units included, and its subject."""
    spec = Spec.from_dict(desired)
    host = bare(spec.nics[0].driver)
    wanted = {name: value for nic in spec.nics for name, value in nic.firmware.items()}
    host.firmware = {name: [value, value] for name, value in wanted.items()}
    management = spec.management.interface
    if management and management not in host.netdevs:
        host.add_netdev(Netdev(management, "52:54:00:77:00:12", up=True))
    subject = Host(host, spec)
    subject.datapath.manager = RealFiles(spec.network_manager)
    converge(subject, clock=host.clock)
    return host, subject


def write(desired: dict[str, Any], folder: Path) -> None:
    """Write the converged host into the empty or new *folder*."""
    host, subject = converged(desired)
    answers: dict[str, list[Any]] = {}
    run = host.run

    def record(*argv: str, stdin: str | None = None, **options: Any) -> Output:
        output = run(*argv, stdin=stdin, **options)
        answers[recorded_key(argv, stdin)] = [output.status, output.stdout, output.stderr]
        return output

    host.run = record  # type: ignore[method-assign]
    subject.plan(subject.observe())
    for path, content in host.tree().items():
        target = folder / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            away = content.target.lstrip("/")
            target.symlink_to(os.path.relpath(folder / away, target.parent))
        else:
            target.write_text(content + "\n")
    (folder / "commands.json").write_text(json.dumps(answers))

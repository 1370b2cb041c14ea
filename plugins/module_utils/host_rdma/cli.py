"""``slipway-datapath rdma status|plan|verify|boot|down``: for people, as JSON, and at boot."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from ..converge import ConvergeError, Journal, converge, failed
from ..system import System
from .boot import JOURNAL, SPEC, stored
from .links import delete_link, made_by_the_kit
from .spec import HostRdmaSpec
from .subject import HostRdma, link_facts

#: seconds that boot waits for interfaces: a bond appears with the network
PATIENCE = 60


def main(argv: Sequence[str] | None = None, system: System | None = None) -> int:
    """0: in order. 1: not, and says why. 2: called wrongly, or no desired state on this host.
    3: plan has steps. 4: plan is refused."""
    parser = argparse.ArgumentParser(prog="slipway-datapath rdma", description=__doc__)
    parser.add_argument("action", choices=("status", "plan", "verify", "boot", "down"))
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(argv)
    system = system or System()
    if options.action == "down":
        return down(system)
    if not system.exists(SPEC):
        print(f"{SPEC} is missing: host_rdma has not run on this host", file=sys.stderr)
        return 2
    try:
        spec = stored(system)
        return ACTIONS[options.action](system, spec, options.json)
    except (ConvergeError, ValueError, RuntimeError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def boot(system: System, spec: HostRdmaSpec, as_json: bool) -> int:
    """Wait for the interfaces, then bring back what a reboot loses."""
    wait_for(system, [link.netdev for link in spec.roce_links])
    result = converge(HostRdma(system, spec, at_boot=True), journal=Journal(JOURNAL))
    for step in result.steps:
        print(f"{step['name']}: {step['after']}")
    for warning in result.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return 0


def wait_for(system: System, netdevs: list[str]) -> None:
    """RuntimeError naming the interfaces that did not appear."""
    missing = netdevs
    for _ in range(PATIENCE * 2):
        missing = [n for n in netdevs if not system.exists(f"/sys/class/net/{n}")]
        if not missing:
            return
        system.sleep(0.5)
    raise RuntimeError(
        f"no interface {', '.join(missing)} after {PATIENCE} s: "
        "slipway-datapath status says what is missing"
    )


def down(system: System) -> int:
    """Delete the kit's Soft-RoCE links, before their interfaces go. The record stays."""
    status = 0
    for device in made_by_the_kit(system):
        try:
            delete_link(system, device)
        except (RuntimeError, OSError) as error:
            print(error, file=sys.stderr)
            status = 1
    return status


def status(system: System, spec: HostRdmaSpec, as_json: bool) -> int:
    """The devices and the GID index that connections use."""
    links = link_facts(HostRdma(system, spec).observe())
    if as_json:
        print(json.dumps(links))
        return 0
    for netdev, facts in links.items():
        print(f"{netdev}: {facts['device']}, GID {facts['gid_index']} ({facts['address']})")
    return 0


def plan(system: System, spec: HostRdmaSpec, as_json: bool) -> int:
    """What the next run would do; nothing is changed."""
    result = converge(HostRdma(system, spec), check=True)
    status = 4 if result.refusals else 3 if result.steps else 0
    if as_json:
        print(json.dumps(result.as_dict()))
        return status
    for line in result.refusals:
        print(f"refused: {line}")
    for step in result.steps:
        print(f"{step['name']}: {step['why']}")
    if not status:
        print("nothing to do")
    return status


def verify(system: System, spec: HostRdmaSpec, as_json: bool) -> int:
    """Each setting asked of the host; 1 if one does not hold."""
    subject = HostRdma(system, spec)
    checks = subject.verify(subject.observe())
    if as_json:
        print(json.dumps([asdict(check) for check in checks]))
    else:
        for check in checks:
            print(f"{'ok    ' if check.ok else 'FAILED'} {check.name}: {check.got}")
            if not check.ok:
                print(f"       expected {check.expected}; look at {check.look}")
    return 1 if failed(checks) else 0


ACTIONS = {"boot": boot, "status": status, "plan": plan, "verify": verify}

"""The command line: scripts/lab VERB …"""

import argparse
import json
import os
import sys

from lab import ssh
from lab.errors import LabError
from lab.instance import Lab
from lab.machine import DEFAULT_SET


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="scripts/lab", description="Slipway's lab of virtual hosts")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, text: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=text, description=text)

    start = verb("start", "start machines and wait until they answer over SSH")
    start.add_argument("host", nargs="*", default=list(DEFAULT_SET))
    start.add_argument("--fresh", action="store_true", help="from their bare state")
    fresh = verb("fresh", "put machines back to their bare state, running")
    fresh.add_argument("host", nargs="+")
    status = verb("status", "show the machines of this instance")
    status.add_argument("--json", action="store_true")
    remote = verb("ssh", "log in, or run a command")
    remote.add_argument("host")
    remote.add_argument("command", nargs=argparse.REMAINDER)
    verb("down", "stop everything of this instance; disks stay")
    verb("clean", "stop everything of this instance and delete its files")
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one verb; errors are one line on stderr and exit code 1."""
    options = parser().parse_args(argv)
    try:
        return dispatch(options, Lab())
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted; the lab stays as it is: scripts/lab status", file=sys.stderr)
        return 130


def dispatch(options: argparse.Namespace, lab: Lab) -> int:
    if options.verb == "start":
        lab.start(options.host, fresh=options.fresh)
    elif options.verb == "fresh":
        lab.start(options.host, fresh=True)
    elif options.verb == "status":
        show(lab, as_json=options.json)
    elif options.verb == "ssh":
        vm = lab.vm(options.host)
        if not vm.pid:
            raise LabError(f"{vm.name} does not run; start it with: scripts/lab start {vm.name}")
        argv = ssh.command(lab.paths, vm.machine, options.command)
        os.execvp(argv[0], argv)
    elif options.verb == "down":
        lab.down()
    elif options.verb == "clean":
        lab.clean()
    return 0


def show(lab: Lab, *, as_json: bool) -> None:
    rows = lab.status()
    if as_json:
        print(json.dumps({"instance": lab.paths.instance, "machines": rows}, indent=2))
        return
    print(f"instance {lab.paths.instance}, namespace {lab.paths.netns}, files in {lab.paths.home}")
    columns = ("name", "address", "running", "pid", "memory_mib", "uptime_s", "ssh")
    table = [columns, *(tuple(str(row[column]) for column in columns) for row in rows)]
    for cells in table:
        print("  ".join(f"{cell:<14}" for cell in cells).rstrip())

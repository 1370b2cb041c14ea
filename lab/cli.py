"""The command line: scripts/lab VERB …"""

import argparse
import json
import os
import sys
from collections.abc import Callable

from lab import cache, demo, hostpackages, network, playbooks, ssh, vf_demo
from lab.cloud import cli as cloud
from lab.command import tail
from lab.errors import LabError
from lab.instance import Lab
from lab.machine import DEFAULT_SET, Machine
from lab.node.node import Node, is_node
from lab.vm import Vm

Options = argparse.Namespace


def main(argv: list[str] | None = None) -> int:
    """Run one verb; an error is one message on stderr and exit status 1."""
    options = parse(argv)
    try:
        if os.geteuid():
            raise LabError("the lab needs root (namespaces, taps): run it with sudo")
        options.run(Lab(), options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted; see what runs with: scripts/lab status", file=sys.stderr)
        return 130
    except BrokenPipeError:  # … | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def parse(argv: list[str] | None) -> Options:
    """Options of the verb; deploy and verify hand to Ansible what they do not know."""
    top = parser()
    argv = sys.argv[1:] if argv is None else argv
    if not argv:
        top.print_help()
        raise SystemExit(2)
    options, rest = top.parse_known_args(argv)
    if rest and "argument" not in options:
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    options.argument = rest
    return options


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="scripts/lab",
        description="Virtual hosts with SR-IOV and an LACP switch; the page is docs/lab.md.",
        epilog="SLIPWAY_LAB=NAME chooses one of several labs of this checkout.",
    )
    verbs = top.add_subparsers(required=True, metavar="VERB")

    def verb(
        name: str, run: Callable[[Lab, Options], None] | None, text: str
    ) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    up = verb(
        "up",
        lambda lab, o: playbooks.up(lab, rdma=o.rdma),
        "everything: machines, two sites and a cloud, converged and verified",
    )
    up.add_argument(
        "--rdma", action="store_true", help="also a machine with VFs as a node, and a pod on one"
    )
    start = verb("start", do_start, "start machines and wait for SSH")
    start.add_argument("host", nargs="*")
    begin = start.add_mutually_exclusive_group()
    begin.add_argument("--fresh", action="store_true", help="from their bare state")
    begin.add_argument("--state", help="from a state that 'save' made")
    fresh = verb("fresh", lambda lab, o: lab.start(o.host, fresh=True), "back to the bare state")
    fresh.add_argument("host", nargs="+")
    save = verb("save", lambda lab, o: lab.save(o.state), "save all running machines as a state")
    save.add_argument("state")
    for name, run, book in (
        ("deploy", playbooks.deploy, "hosts"),
        ("verify", playbooks.verify, "verify"),
        ("clusters", playbooks.clusters, "clusters"),
        ("verify-clusters", playbooks.verify_clusters, "verify_clusters"),
        ("federation", playbooks.federation, "federation"),
        ("verify-federation", playbooks.verify_federation, "verify_federation"),
        ("deploy-cloud", playbooks.cloud, "cloud"),
        ("verify-cloud", playbooks.verify_cloud, "verify_cloud"),
    ):
        text = f"run playbooks/{book}.yml on what runs; further arguments are Ansible's"
        play = verb(name, lambda lab, o, run=run: run(lab, o.argument), text)
        play.set_defaults(argument=[])
    verb("demo", lambda lab, _: demo.show(lab), "pods of alpha run in beta, also after a cut")
    verb("demo-vf", lambda lab, _: vf_demo.show(lab), "a pod on a VF of worker-1, a node of alpha")
    sites = verb("sites", do_sites, "cut alpha and beta off from each other, or heal it")
    sites.add_argument("action", choices=("cut", "heal"))
    status = verb("status", do_status, "show the machines of this instance")
    status.add_argument("--json", action="store_true")
    remote = verb("ssh", do_ssh, "log in, or run a command")
    remote.add_argument("host")
    remote.add_argument("command", nargs=argparse.REMAINDER)
    console = verb("console", do_console, "serial console (root, no password); Ctrl-] leaves")
    console.add_argument("host")
    power = verb("power", do_power, "pull the plug, or press a button")
    power.add_argument("host")
    power.add_argument("action", choices=("off", "on", "cycle", "reset"))
    power.add_argument("--no-wait", action="store_true", help="do not wait for SSH")
    link = verb(
        "link",
        lambda lab, o: lab.vm(o.host).set_link(o.port, up=o.state == "up"),
        "plug or pull a cable",
    )
    link.add_argument("host")
    link.add_argument("port", help="management, p0 or p1")
    link.add_argument("state", choices=("up", "down"))
    add_switch(verb("switch", lambda lab, _: print(lab.switch.show()), "the top-of-rack switch"))
    cloud.add(verb("cloud", None, "the services of a cloud: real OpenStack on this machine"))
    verb("packages", do_packages, "install what the lab needs")
    verb("down", lambda lab, _: lab.down(), "stop everything of this instance; disks stay")
    clean = verb("clean", do_clean, "stop everything of this instance and delete its files")
    clean.add_argument("--cache", action="store_true", help="also images, states and keys")
    return top


def frame_size(text: str) -> int:
    """An MTU that the switch can have."""
    if not text.isdecimal() or not 576 <= int(text) <= 9216:
        raise argparse.ArgumentTypeError(f"{text}: must be 576 to 9216 bytes")
    return int(text)


def add_switch(switch: argparse.ArgumentParser) -> None:
    actions = switch.add_subparsers(metavar="ACTION")
    actions.add_parser("show", help="bonds and LACP as the switch sees them (default)")
    lacp = actions.add_parser("lacp", help="speak LACP with a host or not")
    lacp.add_argument("state", choices=("on", "off"))
    lacp.add_argument("host")
    lacp.set_defaults(
        run=lambda lab, o: lab.switch.lacp(lab.vm(o.host).machine, on=o.state == "on")
    )
    mtu = actions.add_parser("mtu", help="largest frame towards a host")
    mtu.add_argument("host")
    mtu.add_argument("mtu", type=frame_size, help="bytes, 576 to 9216")
    mtu.set_defaults(run=lambda lab, o: lab.switch.mtu(lab.vm(o.host).machine, o.mtu))


def do_start(lab: Lab, options: Options) -> None:
    if options.state:
        lab.restore(options.state, options.host)
    else:
        lab.start(options.host or DEFAULT_SET, fresh=options.fresh)


def do_packages(_lab: Lab, _options: Options) -> None:
    hostpackages.ensure(hostpackages.ALL)


def do_sites(lab: Lab, options: Options) -> None:
    playbooks.sites(lab)  # LabError if none runs
    network.cut(lab.paths, apart=options.action == "cut")


def do_power(lab: Lab, options: Options) -> None:
    lab.power(options.host, options.action, wait=not options.no_wait)


def do_ssh(lab: Lab, options: Options) -> None:
    if is_node(options.host):
        node = lab.node(options.host)
        if not node.pid:
            raise LabError(f"{node.name} does not run; start it: scripts/lab start {node.name}")
        machine: Machine | Node = node.node
    else:
        machine = running(lab, options.host).machine
    argv = ssh.command(lab.paths, machine, options.command)
    os.execvp(argv[0], argv)


def do_console(lab: Lab, options: Options) -> None:
    vm = running(lab, options.host)
    if not sys.stdin.isatty():
        print(tail(vm.files.serial_log, 40))
        return
    print("serial console: Enter for a prompt, Ctrl-] leaves")
    target = f"UNIX-CONNECT:{vm.files.console(vm.name)}"
    os.execvp("socat", ["socat", "-,raw,echo=0,escape=0x1d", target])


def running(lab: Lab, name: str) -> Vm:
    vm = lab.vm(name)
    if not vm.pid:
        raise LabError(f"{name} does not run; start it with: scripts/lab start {name}")
    return vm


def do_status(lab: Lab, options: Options) -> None:
    rows = lab.status()
    if options.json:
        print(json.dumps({"instance": lab.paths.instance, "machines": rows}, indent=2))
        return
    print(f"instance {lab.paths.instance}, namespace {lab.paths.netns}, files in {lab.paths.home}")
    columns = ("name", "address", "running", "pid", "memory_mib", "uptime_s", "ssh")
    table = [columns, *(tuple(str(row[column]) for column in columns) for row in rows)]
    for cells in table:
        print("  ".join(f"{cell:<14}" for cell in cells).rstrip())


def do_clean(lab: Lab, options: Options) -> None:
    lab.clean()
    if options.cache:
        cache.remove()

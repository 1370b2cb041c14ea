"""`scripts/lab cloud …`"""

import argparse
import json
from pathlib import Path

from lab.cloud import faults, venv
from lab.cloud.cloud import Cloud
from lab.errors import LabError
from lab.instance import Lab
from lab.progress import summary

Options = argparse.Namespace


def add(verb: argparse.ArgumentParser) -> None:
    """The actions of the verb."""
    actions = verb.add_subparsers(required=True, metavar="ACTION")

    def action(name: str, run: object, text: str) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    up = action("up", do_up, "start what does not run, and wait until all answers")
    up.add_argument("--fresh", action="store_true", help="from the saved state, without old data")
    up.add_argument("--config", metavar="DIR", help="files that cloud_config rendered; '' for none")
    up.add_argument("--token-seconds", type=int, metavar="N", help="how long a token is valid")
    action("down", lambda lab, _: down(lab), "end every process of the cloud; data stays")
    status = action("status", do_status, "show its processes and whether the APIs answer")
    status.add_argument("--json", action="store_true")
    kill = action("kill", lambda lab, o: Cloud(lab.paths).kill(o.service), "crash services")
    kill.add_argument("service", nargs="+")
    action("lock", lambda _lab, _o: venv.resolve(), "resolve requirements.in into its lock file")
    add_faults(action("fault", do_faults, "let requests of the controller go wrong"))


def add_faults(fault: argparse.ArgumentParser) -> None:
    fault.add_argument("service", help="keystone, nova, …, * for all; list, clear, or watch")
    fault.add_argument("fault", nargs="?", help="status to answer with, drop, lose or delay")
    fault.add_argument("--method", default="*")
    fault.add_argument("--path", default="", help="regular expression, anywhere in the path")
    fault.add_argument("--times", type=int, default=1, help="-1: each time (default 1)")
    fault.add_argument("--after", type=int, default=0, help="spare so many first")
    fault.add_argument("--seconds", type=float, default=30, help="of a delay")


def do_up(lab: Lab, options: Options) -> None:
    cloud = Cloud(lab.paths)
    if options.token_seconds is not None and options.token_seconds < 1:
        raise LabError("--token-seconds: at least 1")
    config = options.config and str(Path(options.config).resolve())
    if config and not Path(config).is_dir():
        raise LabError(f"--config {options.config}: no such folder")
    with lab.locked():
        lab.prepare()
        if options.fresh:
            cloud.fresh()
        given = "" if options.config == "" else config
        cloud.choose(token_seconds=options.token_seconds, config=given)
        cloud.up()
    summary()


def down(lab: Lab) -> None:
    with lab.locked():
        Cloud(lab.paths).down()


def do_status(lab: Lab, options: Options) -> None:
    rows = Cloud(lab.paths).status()
    if options.json:
        print(json.dumps({"instance": lab.paths.instance, "processes": rows}, indent=2))
        return
    columns = ("name", "running", "pid", "memory_mib", "uptime_s", "answers")
    table = [columns, *(tuple(shown(row[column]) for column in columns) for row in rows)]
    for cells in table:
        print(f"{cells[0]:<24}" + "".join(f"{cell:<12}" for cell in cells[1:]).rstrip())
    print(f"{sum(row['memory_mib'] or 0 for row in rows)} MiB in all")


def shown(value: object) -> str:
    return "" if value is None else str(value)


def do_faults(lab: Lab, options: Options) -> None:
    settings = Cloud(lab.paths).settings
    if options.service == "list":
        print(json.dumps(faults.known(settings), indent=1))
    elif options.service == "clear":
        faults.clear(settings)
    elif options.service == "watch":
        faults.watch(settings, faults.known(settings))
        print(f"requests are noted in {faults.log_file(settings)}")
    elif options.fault is None:
        raise LabError("which fault? A status such as 503, drop, lose or delay")
    else:
        wanted = faults.rule(
            options.service, options.fault, options.method, options.path, options.times,
            options.after, options.seconds,
        )  # fmt: skip
        faults.add(settings, wanted)

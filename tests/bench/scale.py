"""Controller CPU for each host, in runs of playbooks/hosts.yml that change nothing.

The hosts are simulated: Ansible's local connection, the example rack's model with N hosts,
the real datapath engine on a fake tree for each host, and for the other modules the answers
in support/answers.json; the summary says where those come from.
Everything on the controller is as in production: inventory, templating, filters, building
and sending modules, results. Counted is user and system time of ansible-playbook with all
its workers, less what the simulated hosts used; ssh is not in it.
"""

from __future__ import annotations

import argparse
import json
import stat
import sys
import tempfile
from dataclasses import asdict
from hashlib import sha1
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support.conditions import CHECKOUT, PLACE, conditions, record, table
from support.run import Cost, playbook, recap
from support.trees import build
from validate import generate, measure, numbers

SUPPORT = Path(__file__).resolve().parent / "support"
#: Where the fake hosts have their NIC.
FAKE_NIC = "0000:3b:00"
#: Cost for a host among the most hosts, compared with the fewest.
MOST_GROWTH = 1.2
MOST_VALIDATE = 10.0


def simulated(folder: Path, hosts: int) -> Path:
    """An inventory of *hosts* simulated hosts below *folder*."""
    site = generate(folder / f"site-{hosts}", hosts)
    python = folder / "python"
    if not python.exists():
        script = SUPPORT / "simulated_host.py"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -ISE "{script}" "$@"\n')
        python.chmod(python.stat().st_mode | stat.S_IXUSR)
    (site / "group_vars" / "all" / "zz-simulated.yml").write_text(
        "ansible_connection: local\nansible_become: false\n"
        f"ansible_python_interpreter: {python}\nhost_datapath_package_manager: apt\n"
    )
    nics = site / "group_vars" / "all" / "nics.yml"
    nics.write_text(nics.read_text().replace("0000:18:00", FAKE_NIC))
    trees = folder / f"{site.name}-trees"
    trees.mkdir()
    build(site, trees)
    return site


def run(site: Path, folder: Path, limit: str = "") -> tuple[Cost, dict[str, dict[str, int]]]:
    """One run that changes nothing; SystemExit if a host changed."""
    usage, log = folder / "usage", PLACE / "scale.log"
    usage.write_text("")
    arguments = ["-i", str(site), str(CHECKOUT / "playbooks" / "hosts.yml")]
    arguments += ["--limit", limit] if limit else []
    cost = playbook(
        arguments,
        {
            "BENCH_USAGE": str(usage),
            "BENCH_ANSWERS": str(SUPPORT / "answers.json"),
            "BENCH_CHECKSUM": checksum(),
            "BENCH_PLUGINS": str(CHECKOUT / "plugins"),
            "BENCH_TREES": str(site.with_name(f"{site.name}-trees")),
            "ANSIBLE_PIPELINING": "True",
        },
        log,
    )
    counts = recap(log)
    changed = [host for host, count in counts.items() if count["changed"]]
    if changed:
        raise SystemExit(f"{len(changed)} hosts changed, such as {changed[0]}; see {log}")
    hosts = sum(float(line) for line in usage.read_text().splitlines())
    return Cost(cost.wall, cost.cpu, hosts), counts


def checksum() -> str:
    """Of the program that the role copies to hosts: theirs is already the same."""
    sys.path.insert(0, str(CHECKOUT / "plugins" / "filter"))
    from host_package import host_package

    # not the cached path: the sources may have changed since the last run
    return sha1(Path(host_package.__wrapped__()).read_bytes()).hexdigest()


def main() -> int:
    options = arguments()
    sizes = options.hosts
    result = {
        "conditions": conditions(),
        "forks": forks(),
        "answers": source(),
        "runs": [],
        "limit": [],
        "validate": [],
    }
    print(summary_of(result), flush=True)
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as temporary:
        folder = Path(temporary)
        print(f"making fake trees for {', '.join(map(str, sizes))} hosts", flush=True)
        sites = {number: simulated(folder, number) for number in sizes}
        run(sites[sizes[0]], folder)  # the first run fills caches
        for number in sizes:
            cost, counts = run(sites[number], folder)
            tasks = max(count["ok"] + count["skipped"] for count in counts.values())
            result["runs"].append(figures(number, cost) | {"tasks": tasks})
            print(line(result["runs"][-1]), flush=True)
        for number in (sizes[0], sizes[-1]):
            cost, _counts = run(sites[number], folder, limit="host-4")
            result["limit"].append(figures(number, cost))
    result["validate"] = [measure(number) for number in sizes]
    growth = judge(result)
    print("\n" + summary(result, growth))
    path = record("scale", result)
    print(f"\nwritten to {path.relative_to(CHECKOUT)}")
    good = growth <= MOST_GROWTH and result["validate"][-1]["wall"] <= MOST_VALIDATE
    return 0 if good else 1


def figures(number: int, cost: Cost) -> dict[str, float]:
    """One run: host count, seconds, and seconds of controller CPU for each host."""
    rounded = {key: round(value, 3) for key, value in asdict(cost).items()}
    simulated_hosts = rounded.pop("hosts")
    return {
        "hosts": number,
        **rounded,
        "simulated_hosts": simulated_hosts,
        "controller": round(cost.controller, 3),
        "per_host": round(cost.controller / number, 4),
    }


def line(row: dict[str, float]) -> str:
    return f"  {row['hosts']} hosts: {row['controller']:.1f} s of CPU in {row['wall']:.0f} s"


def judge(result: dict) -> float:
    """Cost for a host at the most hosts over that at the fewest; adds marginal costs.

    Starting up is spread over few hosts at the small end, so the ratio alone would flatter:
    the marginal cost (what one more host costs between two runs) is reported beside it.
    """
    runs = result["runs"]
    for before, after in pairwise(runs):
        more = after["hosts"] - before["hosts"]
        after["marginal"] = round((after["controller"] - before["controller"]) / more, 4)
    result["growth"] = round(runs[-1]["per_host"] / runs[0]["per_host"], 3)
    return result["growth"]


def summary(result: dict, growth: float) -> str:
    rows = [
        (
            str(row["hosts"]), str(row["tasks"]), f"{row['wall']:.1f}", f"{row['controller']:.1f}",
            f"{row['per_host']:.3f}", f"{row['marginal']:.3f}" if "marginal" in row else "-",
            f"{check['wall']:.1f}",
        )
        for row, check in zip(result["runs"], result["validate"], strict=True)
    ]  # fmt: skip
    heading = ("hosts", "tasks", "wall s", "CPU s", "CPU s/host", "one more", "validate s")
    few, many = result["limit"][0], result["limit"][-1]
    return "\n".join([
        table(heading, rows),
        "",
        f"cost for a host among {result['runs'][-1]['hosts']}: {growth:.2f} times that among "
        f"{result['runs'][0]['hosts']} (at most {MOST_GROWTH})",
        f"--limit to one host: {few['controller']:.1f} s of CPU in a site of {few['hosts']}, "
        f"{many['controller']:.1f} s in one of {many['hosts']}",
        f"validate: {result['validate'][-1]['wall']:.1f} s (at most {MOST_VALIDATE:g})",
    ])  # fmt: skip


def summary_of(result: dict) -> str:
    """The conditions."""
    now = result["conditions"]
    return (
        f"controller: {now['processor']}, {now['cores']} cores, load {now['load_average'][0]}, "
        f"{result['forks']} forks\nanswers of simulated hosts: {result['answers']}"
    )


def source() -> str:
    """Where the answers come from."""
    return json.loads((SUPPORT / "answers.json").read_text())["from"]


def forks() -> int:
    from ansible import constants

    return int(constants.DEFAULT_FORKS)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench scale", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "--hosts", type=numbers, default="10,100,1000", help="comma-separated numbers, from 4 on"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""A run that changes nothing: any other playbook on the same hosts beside ours, in turns.

Each round runs the peer and ours once, in changing order, so that a machine that is busy
for a while is busy for both. Compared are medians of the wall time and of the controller's
CPU (ansible-playbook, its workers and ssh), and the tasks that each ran on a host.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support.conditions import CHECKOUT, PLACE, conditions, record, table
from support.run import playbook, recap

OURS = CHECKOUT / "playbooks" / "hosts.yml"


def main() -> int:
    options = arguments()
    sides = {"ours": options.ours, "peer": options.peer}
    for side, path in sides.items():
        if not path.exists():
            raise SystemExit(f"{side}: {path} does not exist")
    result = {
        "conditions": conditions(),
        "inventory": str(options.inventory),
        "limit": options.limit,
        "playbooks": {side: path.name for side, path in sides.items()},
        "rounds": [],
    }
    if not options.no_first:
        for side, path in sides.items():
            print(f"{side}: a first run, so that the next ones change nothing", flush=True)
            run(options, side, path)
    for number in range(options.runs):
        order = list(sides) if number % 2 == 0 else list(reversed(sides))
        done = {side: run(options, side, sides[side]) for side in order}
        result["rounds"].append(done)
        text = ", ".join(f"{side} {done[side]['wall']:.1f} s" for side in sides)
        print(f"round {number + 1} of {options.runs}: {text}", flush=True)
    result["medians"] = medians(result["rounds"])
    print("\n" + summary(result))
    path = record("reconverge", result)
    print(f"\nwritten to {path.relative_to(CHECKOUT)}")
    restless = [side for side in sides if result["medians"][side]["changed"]]
    if restless:
        print(f"not a run without changes: {' and '.join(restless)} changed something")
    return 1 if restless else 0


def run(options: argparse.Namespace, side: str, path: Path) -> dict[str, float]:
    """One run: seconds, tasks on a host (the most of any), and how many it changed."""
    log = PLACE / f"reconverge-{side}.log"
    words = ["-i", str(options.inventory), str(path)]
    words += ["--limit", options.limit] if options.limit else []
    for extra in options.extra_vars:
        words += ["--extra-vars", extra]
    cost = playbook(words, {}, log)
    counts = recap(log)
    return {
        "wall": round(cost.wall, 2),
        "cpu": round(cost.cpu, 2),
        "hosts": len(counts),
        "tasks": max((c["ok"] + c.get("skipped", 0) for c in counts.values()), default=0),
        "changed": sum(c["changed"] for c in counts.values()),
    }


def medians(rounds: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Side → median of each figure; "changed" is the most of any round."""
    found: dict[str, dict[str, float]] = {}
    for side in ("ours", "peer"):
        runs = [one[side] for one in rounds]
        found[side] = {key: median(run[key] for run in runs) for key in ("wall", "cpu", "tasks")}
        found[side]["changed"] = max(run["changed"] for run in runs)
    ours, peer = found["ours"], found["peer"]
    found["ratio"] = {key: round(peer[key] / ours[key], 2) for key in ("wall", "cpu")}
    return found


def summary(result: dict) -> str:
    middle = result["medians"]
    rows = [
        (
            f"{side} ({result['playbooks'][side]})", f"{middle[side]['wall']:.1f}",
            f"{middle[side]['cpu']:.1f}", f"{middle[side]['tasks']:.0f}",
            f"{middle[side]['changed']:.0f}",
        )
        for side in ("ours", "peer")
    ]  # fmt: skip
    ratio = middle["ratio"]
    return "\n".join([
        table(("playbook", "wall s", "CPU s", "tasks", "changed"), rows),
        "",
        f"the peer takes {ratio['wall']:g} times the wall time and {ratio['cpu']:g} times the "
        f"controller's CPU (medians of {len(result['rounds'])} rounds)",
    ])  # fmt: skip


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench reconverge", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--peer", type=Path, required=True, metavar="PLAYBOOK")
    parser.add_argument("--ours", type=Path, default=OURS, metavar="PLAYBOOK")
    parser.add_argument(
        "--inventory", "-i", type=Path, default=CHECKOUT / "inventories" / "lab",
        help="default: the lab",
    )  # fmt: skip
    parser.add_argument("--limit", default="lab_hosts", help="hosts (default: lab_hosts)")
    parser.add_argument("--runs", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument(
        "--extra-vars", "-e", action="append", default=[], help="for both playbooks"
    )
    parser.add_argument(
        "--no-first", action="store_true", help="both have just been run: leave the first run out"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

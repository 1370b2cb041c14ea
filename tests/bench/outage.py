"""A link that is cut: what goes on, what waits, how soon all is back, what was started twice.

On the lab's two sites as they run (scripts/lab federation). The networks of the sites are cut off
from each other for a time; nobody does anything when that ends.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import yaml
from support.conditions import CHECKOUT, conditions, record

from lab import demo, network
from lab.errors import LabError
from lab.instance import Lab
from lab.progress import say

NAME, SPACE = "outage", demo.SPACE
PARENT = "multicluster.admiralty.io/parent-uid"
LINK, INVENTORY = "alpha-to-beta", "lab-alpha"
#: What the doctor has to say in the cut, although the virtual node is Ready.
DEAD = "port, network (between alpha and beta)"


def main() -> int:
    options = arguments()
    lab = Lab()
    try:
        demo.both_run(lab)
    except LabError as error:
        raise SystemExit(f"outage: {error}") from None
    result = {"conditions": conditions(), "engine": engine(lab), **vars(options)}
    try:
        result |= run(lab, options)
    finally:
        network.cut(lab.paths, apart=False)
        demo.kubectl(lab, "alpha", f"delete deployment {NAME} -n {SPACE} --ignore-not-found")
    for key, value in result.items():
        if key != "conditions":
            print(f"{key.replace('_', ' ')}: {value}")
    record("outage", result)
    return 0 if result["survived"] == options.pods and result["doctor"] == DEAD else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=4, help="that run when the link is cut")
    parser.add_argument("--more", type=int, default=2, help="that are asked for meanwhile")
    parser.add_argument("--seconds", type=int, default=300, help="of the cut")
    return parser.parse_args()


def engine(lab: Lab) -> str:
    shown = demo.kubectl(lab, "alpha", "get deployments -n admiralty -o name")
    return "the test DOUBLE" if "engine-double" in shown else "Admiralty"


def run(lab: Lab, options: argparse.Namespace) -> dict[str, Any]:
    thing = yaml.safe_load(demo.RUNNER.read_text())
    thing["metadata"]["name"] = NAME
    thing["spec"]["replicas"] = options.pods
    thing["spec"]["selector"]["matchLabels"] = {"app": NAME}
    thing["spec"]["template"]["metadata"]["labels"] = {"app": NAME}
    demo.kubectl(lab, "alpha", "apply -f -", json.dumps(thing))
    wait(lab, options.pods)
    started: dict[str, set[str]] = {}
    before = look(lab, started)
    say(f"cut for {options.seconds} s")
    network.cut(lab.paths, apart=True)
    demo.kubectl(
        lab, "alpha", f"scale deployment {NAME} -n {SPACE} --replicas={options.pods + options.more}"
    )
    end = time.monotonic() + options.seconds
    survived = set(before)
    while time.monotonic() < end:
        survived &= look(lab, started)
        time.sleep(5)
    stands_for = f"multicluster.admiralty.io/target-name={LINK}"
    node = demo.kubectl(lab, "alpha", f"get nodes -l {stands_for} --no-headers").split()[1]
    said = doctor()
    waiting = sum(pod["status"]["phase"] == "Pending" for pod in at_home(lab))
    network.cut(lab.paths, apart=False)
    say("healed; nobody does anything")
    began = time.monotonic()
    wait(lab, options.pods + options.more, lambda: look(lab, started))
    seconds = time.monotonic() - began
    time.sleep(30)
    look(lab, started)
    return {
        "pods_that_ran_through_the_cut": f"{len(survived)} of {len(before)}",
        "survived": len(survived),
        "virtual_node_in_the_cut": node,
        "doctor": said,
        "new_pods_that_waited": waiting,
        "seconds_until_all_ran": round(seconds),
        "pods_started_more_than_once": sum(len(uids) > 1 for uids in started.values()),
        "replaced_pods_at_home": len(started) - options.pods - options.more,
    }


def doctor() -> str:
    """Broken step and side of the link, as scripts/doctor says them."""
    argv = [
        CHECKOUT / "scripts" / "doctor",
        "link",
        LINK,
        "-i",
        CHECKOUT / "inventories" / INVENTORY,
    ]
    done = subprocess.run(argv, capture_output=True, text=True)
    words = dict(line.split(None, 1) for line in done.stdout.splitlines() if len(line.split()) > 1)
    step = words.get("broken", "at nothing").removeprefix("at").strip()
    return f"{step}, {words.get('side', 'no side')}"


def at_home(lab: Lab) -> list[dict[str, Any]]:
    found = demo.kubectl(lab, "alpha", f"get pods -n {SPACE} -l app={NAME} -o json")
    items: list[dict[str, Any]] = json.loads(found)["items"]
    return items


def look(lab: Lab, started: dict[str, set[str]]) -> set[str]:
    """Pods of the other site that run; *started* gets them by the pod that they are for."""
    label = f"multicluster.admiralty.io/app={NAME}"
    found = demo.kubectl(lab, "beta", f"get pods -n {SPACE} -l {label} -o json")
    running = set()
    for pod in json.loads(found)["items"]:
        if pod["status"].get("phase") == "Running":
            running.add(pod["metadata"]["uid"])
            started.setdefault(pod["metadata"]["labels"][PARENT], set()).add(pod["metadata"]["uid"])
    return running


def wait(lab: Lab, count: int, meanwhile: Any = lambda: None) -> None:
    end = time.monotonic() + 900
    while sum(pod["status"]["phase"] == "Running" for pod in at_home(lab)) != count:
        meanwhile()
        if time.monotonic() > end:
            raise SystemExit(f"{count} pods do not run after 900 s")
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())

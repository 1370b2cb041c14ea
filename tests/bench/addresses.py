"""Addresses of pods' second interfaces: many starts and kills, and no address twice at a time.

On the lab's cluster alpha as it runs (scripts/lab clusters). Pods with both fabrics are started
and killed, a part of them while they start; containerd is killed beside them. On each worker the
addresses in all pods' network namespaces are read about once a second: two namespaces with one
address at one time are a double. At the end no address may be left taken.
"""

from __future__ import annotations

import argparse
import json
import random
import shlex
import subprocess
import sys
import threading
import time
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support.conditions import CHECKOUT, conditions, record

from lab.paths import Paths

CONTROL, WORKERS = "alpha-control-1", ("alpha-worker-1", "alpha-worker-2")
SPACE = "addresses"
KUBECTL = f"kubectl --kubeconfig /etc/kubernetes/admin.conf --namespace {SPACE}"
#: Pods at a time; two nodes' slices are 32 each.
MOST = 40
#: Seconds: between two kills of containerd, for all to end.
KILL_EVERY, END = 30, 180
#: Runs on a worker until its input ends: {namespace: [address]} for each look.
LOOK = """
import json, os, subprocess, sys, threading, time
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
while True:
    found = {}
    for name in sorted(os.listdir("/run/netns") if os.path.isdir("/run/netns") else ()):
        done = subprocess.run(["ip", "-n", name, "-4", "-json", "address"], capture_output=True)
        links = json.loads(done.stdout or "[]") if done.returncode == 0 else []
        found[name] = [a["local"] for link in links for a in link.get("addr_info", ())
                       if link.get("ifname") not in ("lo", "eth0")]
    print(json.dumps(found), flush=True)
    time.sleep(0.7)
"""
#: Of fabrics, and of the primary network.
TAKEN = "find /run/cni/fabrics /var/lib/cni/networks/slipway -name '10.*' | wc -l"


def main() -> int:
    options = arguments()
    result = {"conditions": conditions(), **vars(options), **run(options)}
    for key, value in result.items():
        if key != "conditions":
            print(f"{key.replace('_', ' ')}: {value}")
    print(f"written to {record('addresses', result).relative_to(CHECKOUT)}")
    wrong = result["doubled"] or any(result["left"].values())
    return 1 if wrong or result["started"] < options.starts or not result["addresses"] else 0


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Start and kill; what was seen."""
    chance = random.Random(options.seed)
    on(
        CONTROL,
        f"{KUBECTL} create namespace {SPACE} --dry-run=client -o yaml | {KUBECTL} apply -f -",
    )
    before = taken()
    watchers = [Watcher(node) for node in WORKERS]
    began = last_kill = time.monotonic()
    started = early = kills = most = 0
    try:
        while started < options.starts:
            phases = pods()
            most = max(most, phases["Running"])
            room = min(MOST - phases.total(), options.starts - started)
            if room > 0:
                names = [f"p{started + n}" for n in range(room)]
                on(CONTROL, f"{KUBECTL} create -f -", json.dumps(listing(names)))
                started += room
            # of those that run and of those that still start
            time.sleep(chance.uniform(1, 4))
            running, starting = names_by_phase()
            late, soon = sample(chance, running, 2), sample(chance, starting, 4)
            early += len(soon)
            if late or soon:
                how = "--wait=false --grace-period=0 --ignore-not-found"
                on(CONTROL, f"{KUBECTL} delete pod {how} {' '.join([*late, *soon])}")
            if time.monotonic() - last_kill > KILL_EVERY:
                on(chance.choice(WORKERS), "systemctl kill --signal=KILL containerd")
                last_kill, kills = time.monotonic(), kills + 1
    finally:
        on(CONTROL, f"{KUBECTL} delete pod --all --wait=false --grace-period=0")
        left = wait_for_the_end(before)
        seen = {watcher.node: watcher.end() for watcher in watchers}
        on(CONTROL, f"{KUBECTL} delete namespace {SPACE} --wait=false")
    every = {(node, *key): times for node, found in seen.items() for key, times in found.items()}
    return {
        "started": started,
        "killed_while_starting": early,
        "kills_of_containerd": kills,
        "seconds": round(time.monotonic() - began),
        "most_running": most,
        "looks": sum(watcher.looks for watcher in watchers),
        "given": len(every),
        "addresses": len({address for _, _, address in every}),
        "doubled": doubles(every),
        "left": left,
    }


def doubles(every: dict[tuple[str, str, str], tuple[float, float]]) -> list[str]:
    """Addresses that two namespaces had at one time; *every*: first and last sight of each."""
    by_address: dict[str, list[tuple[float, float]]] = {}
    for (_node, _namespace, address), times in every.items():
        by_address.setdefault(address, []).append(times)
    return sorted(
        address
        for address, times in by_address.items()
        if any(a[0] <= b[1] and b[0] <= a[1] for a, b in combinations(times, 2))
    )


class Watcher:
    """Reads what one worker's pods have, beside all else."""

    def __init__(self, node: str) -> None:
        self.node, self.looks = node, 0
        self.seen: dict[tuple[str, str], tuple[float, float]] = {}
        self.process = subprocess.Popen(
            ssh(node, f"python3 -c {shlex.quote(LOOK)}"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            at, self.looks = time.monotonic(), self.looks + 1
            for namespace, addresses in json.loads(line).items():
                for address in addresses:
                    first, _ = self.seen.get((namespace, address), (at, at))
                    self.seen[namespace, address] = first, at

    def end(self) -> dict[tuple[str, str], tuple[float, float]]:
        """All (namespace, address) with the first and the last time at which it was seen."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(20)
        self.thread.join(5)
        return self.seen


def listing(names: list[str]) -> dict[str, Any]:
    """Pods with both fabrics."""
    asked = {"k8s.v1.cni.cncf.io/networks": "fabrics/storage, fabrics/rdma"}
    container = {"name": "c", "image": "registry.lab/toolbox:1", "imagePullPolicy": "Never"}
    items = [
        {
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": SPACE, "annotations": asked},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [container],
                     "automountServiceAccountToken": False},
        }
        for name in names
    ]  # fmt: skip
    return {"apiVersion": "v1", "kind": "List", "items": items}


def names_by_phase() -> tuple[list[str], list[str]]:
    """Pods that run, and those that start."""
    shown = on(CONTROL, f"{KUBECTL} get pods --no-headers -o custom-columns="
               ":.metadata.name,:.status.phase,:.metadata.deletionTimestamp")  # fmt: skip
    rows = [line.split() for line in shown.splitlines()]
    alive = [row for row in rows if row[2:] == ["<none>"]]
    return [row[0] for row in alive if row[1] == "Running"], [
        row[0] for row in alive if row[1] == "Pending"
    ]


def pods() -> Counter[str]:
    """How many pods there are in each phase."""
    return Counter(
        on(CONTROL, f"{KUBECTL} get pods --no-headers -o custom-columns=:.status.phase").split()
    )


def sample(chance: random.Random, names: list[str], part: int) -> list[str]:
    """One in *part*."""
    return chance.sample(names, len(names) // part)


def taken() -> int:
    """Addresses that are taken on the workers."""
    return sum(int(on(node, TAKEN)) for node in WORKERS)


def wait_for_the_end(before: int) -> dict[str, int]:
    """Pods that do not go, and addresses that are taken although all pods are gone."""
    end, left = time.monotonic() + END, {"pods": -1, "addresses": -1}
    while any(left.values()) and time.monotonic() < end:
        time.sleep(2)
        left = {"pods": pods().total(), "addresses": taken() - before}
    return left


def ssh(node: str, command: str) -> list[str]:
    return ["ssh", "-F", str(Paths.of(None).home / "ssh_config"), node, command]


def on(node: str, command: str, stdin: str = "") -> str:
    """The command's output; the run ends where it fails."""
    done = subprocess.run(ssh(node, command), input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{node}: {command[:80]}: {done.stderr.strip()[-300:]}")
    return done.stdout


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench addresses", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--starts", type=int, default=500, help="pods in all (500)")
    parser.add_argument("--seed", type=int, default=1, help="which are killed, and when")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())

"""One node joins clusters of different sizes: time, requests to the API server, until Ready.

The lab's cluster alpha, a control plane and a worker, made anew. All its other nodes are stand-ins
in both the model and the cluster: Node objects that KWOK keeps ready, without pods. The worker is
taken out (its Node deleted, kubeadm reset, routes to other nodes' pods gone) and joins again by
playbooks/clusters.yml --limit; programs and images stay on it. Sizes take turns.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support.conditions import CHECKOUT, PLACE, conditions, record, table
from support.run import playbook, recap
from support.sites import CONTROL, NEAR, WORKER, generate, stand_ins

from lab import ssh
from lab.depot import build
from lab.depot.modules import KWOK
from lab.instance import Lab
from lab.node.node import Node
from lab.progress import say

KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"
AUDIT = "/var/log/kubernetes/audit/audit.log"
MANAGED = "kwok.x-k8s.io/node"
#: Figures of the most nodes over those of the fewest: medians, and of times the least, as whatever
#: else the machine does makes them longer and never shorter.
MOST_GROWTH = 1.2
LEAST = ("wall", "ready")
#: Seconds for stand-ins to be ready or gone.
PATIENCE = 600
LEAVE = f"""
kubeadm reset --force --cri-socket unix:///run/containerd/containerd.sock
rm -f /var/lib/slipway/cluster.json /etc/slipway/pod-routes
ip route flush proto 83
ip route replace {NEAR} dev eth0
"""
#: Seconds of CPU that the worker has used, kubelet and containerd as well.
USED = """
import os
old, new = "/sys/fs/cgroup/cpuacct/cpuacct.usage", "/sys/fs/cgroup/cpu.stat"
if os.path.exists(old):
    print(int(open(old).read()) / 1e9)
else:
    print(int(open(new).readline().split()[1]) / 1e6)
"""
#: Requests of the run and of the node; KWOK has the administrator's name as well.
COUNT = f"""
import json, sys
asked = whole = 0
with open({AUDIT!r}) as log:
    log.seek(int(sys.argv[1]))
    for line in log:
        event = json.loads(line)
        user, agent = event["user"].get("username", ""), event.get("userAgent", "")
        ours = user == "kubernetes-admin" and not agent.startswith("kwok")
        if ours or user == "system:node:{WORKER}" or user.startswith("system:bootstrap:"):
            asked += 1
            thing = event.get("objectRef", {{}})
            every = event["verb"] in ("list", "watch")
            every = every and "fieldSelector" not in event["requestURI"]
            whole += every and thing.get("resource") == "nodes"
print(json.dumps([asked, whole]))
"""


def main() -> int:
    options = arguments()
    lab, sizes = Lab(), sorted(options.nodes)
    sites = {number: generate(CHECKOUT / ".logs" / f"join-{number}", number) for number in sizes}
    result: dict[str, Any] = {"conditions": conditions(), "kwok": KWOK.version, "joins": []}
    begin(lab, sites[sizes[0]])
    for number in range(options.rounds):
        for nodes in sizes if number % 2 == 0 else sizes[::-1]:
            crowd(lab, nodes)
            result["joins"].append(join(lab, sites[nodes], nodes))
            say(json.dumps(result["joins"][-1]))
    for name in (CONTROL, WORKER):  # with stand-ins it is nothing to go on with
        lab.node(name).stop()
    result["sizes"] = [of_size(nodes, result["joins"]) for nodes in sizes]
    result["load_at_the_end"] = conditions()["load_average"]
    print("\n" + summary(result["sizes"]))
    few, many = result["sizes"][0], result["sizes"][-1]
    judged = ("wall", "ready", "cpu", "node_cpu", "requests")
    result["growth"] = {key: round(many[key] / few[key], 2) for key in judged}
    said = ", ".join(f"{key} {value:g}" for key, value in result["growth"].items())
    print(f"\n{sizes[-1]} nodes over {sizes[0]}: {said} (at most {MOST_GROWTH})")
    print(f"written to {record('join', result).relative_to(CHECKOUT)}")
    return 0 if max(result["growth"].values()) <= MOST_GROWTH else 1


def begin(lab: Lab, site: Path) -> None:
    """The cluster from nothing, with KWOK on its control plane."""
    program = build.ensure((KWOK,))["kwok"]
    lab.start([CONTROL, WORKER], fresh=True)
    for node in (CONTROL, WORKER):
        # the stand-ins' addresses are next hops
        on(lab, node, f"ip route replace {NEAR} dev eth0")
    run(site, f"{CONTROL},{WORKER}")
    put = "cat > /usr/local/bin/kwok && chmod 755 /usr/local/bin/kwok"
    on(lab, CONTROL, put, program.read_bytes())
    on(
        lab,
        CONTROL,
        "systemd-run --unit kwok /usr/local/bin/kwok --kubeconfig /etc/kubernetes/admin.conf "
        f"--manage-nodes-with-annotation-selector={MANAGED}=fake --node-lease-duration-seconds=40",
    )


def crowd(lab: Lab, nodes: int) -> None:
    """As many nodes in the cluster, the worker one of them; returns when all are ready."""
    wanted = dict(stand_ins(nodes))
    have = {name for name in names(lab) if name.startswith("stand-in-")}
    if gone := sorted(have - wanted.keys()):
        kubectl(lab, f"delete node --wait=false {' '.join(gone)}")
    new = [thing(name, wanted[name]["ansible_host"]) for name in wanted if name not in have]
    if new:
        kubectl(lab, "create -f -", json.dumps({"apiVersion": "v1", "kind": "List", "items": new}))
    end = time.monotonic() + PATIENCE
    while kubectl(lab, "get nodes --no-headers").count(" Ready ") < nodes:
        if time.monotonic() > end:
            raise SystemExit(f"{nodes} nodes are not ready after {PATIENCE} s")
        time.sleep(5)


def thing(name: str, address: str) -> dict[str, Any]:
    """A stand-in; without the label of its system no DaemonSet gives it pods."""
    meta = {"name": name, "annotations": {MANAGED: "fake"}, "labels": {"type": "kwok"}}
    status = {"addresses": [{"type": "InternalIP", "address": address}]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "status": status}


def join(lab: Lab, site: Path, nodes: int) -> dict[str, Any]:
    """The worker leaves and joins: seconds of the run, until Ready, of CPU; requests.

    "ready" is from the run's begin to the Node's own word, in whole seconds.
    """
    kubectl(lab, f"delete node {WORKER}")
    on(lab, WORKER, LEAVE)
    size = on(lab, CONTROL, f"stat -c %s {AUDIT}").strip()
    used = float(on(lab, WORKER, "python3 -", USED.encode()))
    began = datetime.now(UTC)
    cost = run(site, WORKER)
    used = float(on(lab, WORKER, "python3 -", USED.encode())) - used
    asked, whole = json.loads(on(lab, CONTROL, f"python3 - {size}", COUNT.encode()))
    return {
        "nodes": nodes,
        "wall": round(cost.wall, 1),
        "cpu": round(cost.cpu, 1),
        "node_cpu": round(used, 1),
        "ready": round((ready(lab) - began).total_seconds(), 1),
        "requests": asked,
        "lists_of_all_nodes": whole,
        "load": conditions()["load_average"][0],
    }


def ready(lab: Lab) -> datetime:
    """When the worker's Node became Ready."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        conditions = json.loads(kubectl(lab, f"get node {WORKER} -o json"))["status"]["conditions"]
        for each in conditions:
            if each["type"] == "Ready" and each["status"] == "True":
                return datetime.fromisoformat(each["lastTransitionTime"])
        time.sleep(1)
    raise SystemExit(f"{WORKER} is not ready after {PATIENCE} s")


def run(site: Path, limit: str) -> Any:
    """playbooks/clusters.yml on some of the site's nodes."""
    log = PLACE / "join.log"
    words = ["-i", str(site), str(CHECKOUT / "playbooks" / "clusters.yml"), "--limit", limit]
    cost = playbook(words, {"ANSIBLE_CALLBACKS_ENABLED": "ansible.posix.profile_tasks"}, log)
    if recap(log).keys() != set(limit.split(",")):
        raise SystemExit(f"the run was to be on {limit} and no other: {log}")
    return cost


def names(lab: Lab) -> list[str]:
    return kubectl(lab, "get nodes -o name").replace("node/", "").split()


def kubectl(lab: Lab, arguments: str, stdin: str = "") -> str:
    """On the control plane, with its own administrator's credential."""
    return on(lab, CONTROL, f"{KUBECTL} {arguments}", stdin.encode())


def on(lab: Lab, node: str, command: str, stdin: bytes = b"") -> str:
    """A command's output on a node; SystemExit with the end of what it says if it fails."""
    argv = ssh.command(lab.paths, Node.named(node), [command])
    done = subprocess.run(argv, input=stdin, capture_output=True)
    if done.returncode:
        raise SystemExit(f"{node}: {command[:80]}: {done.stderr.decode().strip()[-400:]}")
    return done.stdout.decode()


def of_size(nodes: int, joins: list[dict[str, Any]]) -> dict[str, Any]:
    """The joins of one size as one."""
    mine = [each for each in joins if each["nodes"] == nodes]
    return {key: (min if key in LEAST else median)([each[key] for each in mine]) for key in mine[0]}


def summary(rows: list[dict[str, Any]]) -> str:
    heading = ("nodes", "least wall s", "least until Ready s", "controller CPU s", "node CPU s",
               "requests", "of all nodes", "load")  # fmt: skip
    keys = ("nodes", "wall", "ready", "cpu", "node_cpu", "requests", "lists_of_all_nodes", "load")
    return table(heading, [tuple(f"{row[key]:g}" for key in keys) for row in rows])


def numbers(text: str) -> list[int]:
    """Of ``--nodes``: the control plane and the worker are two of them."""
    found = [int(word) for word in text.split(",") if word.isdecimal()]
    if len(found) != text.count(",") + 1 or min(found) < 2:
        raise argparse.ArgumentTypeError(f"{text!r}: numbers from 2 on, such as 10,500")
    return found


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench join", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "--nodes", type=numbers, default="10,500",
        help="nodes of the cluster, comma-separated, from 2 on",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

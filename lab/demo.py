"""What a link is good for, shown: pods of one site in the other, before, while and after a cut."""

import json
import time
from typing import Any

from lab import network, ssh
from lab.command import attempt
from lab.errors import LabError
from lab.instance import Lab
from lab.node.node import Node
from lab.paths import CHECKOUT
from lab.progress import phase, say

RUNNER = CHECKOUT / "docs" / "examples" / "federation" / "runner.yml"
SPACE = "shared"
CONTROL = ("alpha-control-1", "beta-control-1")
#: Seconds that the sites are cut off, and that pods may take.
CUT, PATIENCE = 10, 180


def show(lab: Lab) -> None:
    """LabError if pods do not run in the other site, or not again after the cut."""
    both_run(lab)
    with phase("a Deployment of alpha runs in beta"):
        kubectl(lab, "alpha", "apply -f -", RUNNER.read_text())
        wait(lab, 2)
        for pod in pods(lab, "alpha"):
            say(f"  alpha: {name(pod)} on {pod['spec']['nodeName']}, {pod['status']['phase']}")
        for pod in pods(lab, "beta"):
            say(f"  beta:  {name(pod)} on {pod['spec']['nodeName']}, {pod['status']['phase']}")
    with phase(f"the sites are cut off for {CUT} s, and healed"):
        before = {name(pod) for pod in pods(lab, "beta")}
        network.cut(lab.paths, apart=True)
        try:
            kubectl(lab, "alpha", f"scale deployment runner -n {SPACE} --replicas=3")
            time.sleep(CUT)
            still = {name(pod) for pod in pods(lab, "beta") if pod["status"]["phase"] == "Running"}
        finally:
            network.cut(lab.paths, apart=False)
        if not before <= still:
            raise LabError(f"pods did not outlive the cut: {', '.join(sorted(before - still))}")
        say(f"  the pods in beta went on: {', '.join(sorted(before))}")
        began = time.monotonic()
        wait(lab, 3)
        say(f"  a third one, asked for meanwhile, runs {time.monotonic() - began:.0f} s after")
    kubectl(lab, "alpha", f"delete deployment runner -n {SPACE}")


def both_run(lab: Lab) -> None:
    """LabError where a site's control plane does not."""
    missing = [each for each in CONTROL if each not in lab.running_nodes()]
    if missing:
        raise LabError(
            f"{' and '.join(missing)}: not running; first scripts/lab start {' '.join(missing)}, "
            "then scripts/lab clusters and scripts/lab federation"
        )


def wait(lab: Lab, count: int) -> None:
    """Until so many run, seen from home."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        seen = [pod["status"]["phase"] for pod in pods(lab, "alpha")]
        if seen.count("Running") == count:
            return
        time.sleep(1)
    raise LabError(f"{count} pods do not run in beta after {PATIENCE} s; why: scripts/doctor")


def pods(lab: Lab, site: str) -> list[dict[str, Any]]:
    label = "app" if site == "alpha" else "multicluster.admiralty.io/app"
    found = kubectl(lab, site, f"get pods -n {SPACE} -l {label}=runner -o json")
    items: list[dict[str, Any]] = json.loads(found)["items"]
    return items


def name(pod: dict[str, Any]) -> str:
    return str(pod["metadata"]["name"])


def kubectl(lab: Lab, site: str, arguments: str, stdin: str | None = None) -> str:
    """As the site's own administrator. LabError with kubectl's words."""
    command = f"kubectl --kubeconfig /etc/kubernetes/admin.conf {arguments}"
    argv = ssh.command(lab.paths, Node.named(f"{site}-control-1"), [command])
    done = attempt(argv, stdin=stdin)
    if done.returncode:
        raise LabError(f"{site}: kubectl {arguments}: {done.stderr.strip()[-300:]}")
    return done.stdout

"""Runs the benchmark: pairs one after another, so that none measures another's load."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

from ..kube_api import Api, ApiError, Reference
from ..verify import parse
from ..verify.findings import Findings, Series
from ..verify.perftest import BANDWIDTH, LATENCY, Endpoint, Run, command, iterations
from .agent import DATA_PORT
from .manifests import NAMESPACE, Node, Object, base, job
from .settings import Settings

#: Which program gives which curve, and how its output is read.
CURVES: dict[str, tuple[str, str, Callable[[str], float]]] = {
    BANDWIDTH: ("bandwidth", "Gbit/s", lambda text: parse.write_bandwidth(text)[-1].average),
    LATENCY: ("latency", "µs", lambda text: parse.write_latency(text)[-1].typical),
}
SPACE = Reference("v1", "Namespace", "", NAMESPACE)
LOOK = "kubectl --namespace slipway-verify describe pods"


class Bench:
    """One benchmark of a cluster. source: what its figures are (``converge``)."""

    def __init__(self, api: Api, settings: Settings, source: str) -> None:
        self.api, self.settings, self.source = api, settings, source
        self.pairs = 0
        self.found: dict[str, Findings] = {}
        self.mesh: list[dict[str, Any]] = []

    def run(self) -> dict[str, Any]:
        """``{nodes: {node: {findings}}, mesh: [{network, source, target, gbits}]}``.

        Nothing is left in the cluster. RuntimeError where nothing can be measured.
        """
        nodes = self.nodes()
        self.found = {node.name: Findings(node.name) for node in nodes}
        self.clean()  # what a run that was cut has left
        for thing in base(self.settings):
            self.api.apply(thing)
        try:
            servers = self.serve(nodes)
            for one, other in permutations([n for n in nodes if n.name in servers], 2):
                self.pair(one, other, servers[other.name])
        finally:
            self.clean()
        return {
            "nodes": {name: {"findings": each.as_dict()} for name, each in self.found.items()},
            "mesh": self.mesh,
        }

    def nodes(self) -> list[Node]:
        asked = self.settings.nodes
        found = [Node(thing) for thing in self.api.list("v1", "Node")]
        missing = sorted(set(asked) - {node.name for node in found if node.ready})
        if missing:
            raise RuntimeError(f"not ready in the cluster: {', '.join(missing)}")
        chosen = [node for node in found if node.ready and (not asked or node.name in asked)]
        if len(chosen) < 2:
            raise RuntimeError("fewer than two nodes are ready: there is nothing to measure")
        return chosen

    def serve(self, nodes: list[Node]) -> dict[str, str]:
        """{node: the primary address of its server}, of those that started."""
        for number, node in enumerate(nodes):
            self.api.apply(job(f"serve-{number}", node, self.settings, None))
        servers = {}
        end = time.monotonic() + self.settings.timeout
        for number, node in enumerate(nodes):
            began = time.monotonic()
            line = self.wait(f"serve-{number}", end, lambda pod: self.log(pod).split("\n")[0])
            ok = bool(line) and line.startswith("{")
            want = node.interfaces()
            have = json.loads(line)["addresses"] if ok else {}
            lacking = [network for network, name in want.items() if name not in have]
            self.found[node.name].check(
                "a pod starts with all networks", ok and not lacking, sorted(want),
                sorted(set(want) - set(lacking)) if ok else line or "it did not start",
                source=self.source, step="pod", look=LOOK,
            )  # fmt: skip
            self.found[node.name].seconds += time.monotonic() - began
            if ok and not lacking:
                servers[node.name] = have["eth0"]
        return servers

    def pair(self, one: Node, other: Node, server: str) -> None:
        """Measure from *one* to *other*, over each network that both have."""
        began, findings = time.monotonic(), self.found[one.name]
        runs = list(self.plan(one, other))
        # a run that hangs must not take the time of the others
        each = max(10, self.settings.timeout // max(len(runs), 1))
        plan = {"server": server, "timeout": each, "settle": 1, "runs": runs}
        self.pairs += 1
        name = f"measure-{self.pairs}"
        self.api.apply(job(name, one, self.settings, plan))
        end = began + self.settings.timeout
        text = self.wait(name, end, lambda pod: self.log(pod) if _ended(pod) else "")
        lines = [json.loads(row) for row in text.splitlines() if row.startswith("{")]
        said = {(line["network"], line["name"], line["size"]): line for line in lines}
        curves: dict[tuple[str, str], Series] = {}
        for run in runs:
            key = (run["network"], run["name"], run["size"])
            line = said.get(key, {"error": "it did not end in time"})
            self.take(run, line, findings, other.name, curves)
        findings.series += [series for series in curves.values() if series.points]
        self.api.delete(Reference("batch/v1", "Job", NAMESPACE, name))
        findings.seconds += time.monotonic() - began

    def plan(self, one: Node, other: Node) -> Iterator[dict[str, Any]]:
        """The runs: iperf3 on every network, then RDMA's curves."""
        mine, theirs = one.interfaces(), other.interfaces()
        tcp = ["iperf3", "-p", str(DATA_PORT)]
        for network in (n for n in mine if n in theirs):
            # the pods of both have it by the same name, or the fabrics of one would be more
            yield {
                "network": network, "name": "iperf3", "size": 0, "interface": mine[network],
                "server": [*tcp, "-s", "-1"],
                "client": [*tcp, "-c", "{address}", "-J", "-t", str(self.settings.seconds)],
            }  # fmt: skip
        endpoint = Endpoint("{device}", 0)
        for network in (n for n in one.rdma if n in other.rdma):
            for program in CURVES:
                for size in self.settings.sizes:
                    run = Run(program, size, iterations(size, self.settings.volume, most=1000))
                    argv = command(run, endpoint, DATA_PORT)
                    argv[argv.index("-x") + 1] = "{gid}"
                    yield {
                        "network": network, "name": program, "size": size,
                        "interface": mine[network], "server": argv,
                        "client": [*argv, "{address}"],
                    }  # fmt: skip

    def take(
        self, run: dict[str, Any], line: dict[str, Any], findings: Findings, peer: str,
        curves: dict[tuple[str, str], Series],
    ) -> None:  # fmt: skip
        """One run's figure into curve or mesh; a check says whether there is one."""
        network, name = run["network"], run["name"]
        value, problem = None, line.get("error")
        try:
            if problem is None and name == "iperf3":
                value = json.loads(line["output"])["end"]["sum_received"]["bits_per_second"] / 1e9
            elif problem is None:
                value = CURVES[name][2](line["output"])
        except (KeyError, ValueError, IndexError, TypeError) as error:
            problem = f"its output is not understood: {error!r}"
        what = f"{name} {run['size']} bytes" if run["size"] else name
        findings.check(
            f"{network}: {what} to {peer}", value is not None, "a figure",
            problem if value is None else f"{value:.3g}", source=self.source, step="pods",
            look=LOOK,
        )  # fmt: skip
        if value is None:
            return
        if name == "iperf3":
            self.mesh.append({
                "network": network, "source": findings.host, "target": peer,
                "gbits": round(value, 4),
            })  # fmt: skip
            return
        kind, unit, _ = CURVES[name]
        series = curves.setdefault(
            (network, name), Series(kind, "pods", peer, network, self.source, unit)
        )
        series.points.append([run["size"], value])

    def wait(self, name: str, end: float, answer: Callable[[Object], str]) -> str:
        """What *answer* gives of the Job's pod, or why there is none when the time is over."""
        pod: Object | None = None
        while time.monotonic() < end:
            pods = self.api.list("v1", "Pod", NAMESPACE, f"labelSelector=job-name%3D{name}")
            pod = pods[0] if pods else None
            if pod and pod.get("status", {}).get("phase") not in (None, "Pending"):
                text = answer(pod)
                if text or _ended(pod):
                    return text
            time.sleep(1)
        return self.why(pod)

    def log(self, pod: Object) -> str:
        """Its log so far."""
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod['metadata']['name']}/log"
        try:
            return self.api.text(path)
        except ApiError:
            return ""  # its container is only being made

    def why(self, pod: Object | None) -> str:
        """The last thing that the cluster says of a pod that did not do it."""
        if pod is None:
            return "its Job made no pod"
        name = pod["metadata"]["name"]
        query = f"fieldSelector=involvedObject.name%3D{name}"
        events = self.api.list("v1", "Event", NAMESPACE, query)
        return str(events[-1].get("message", "")) if events else "it is not started"

    def clean(self) -> None:
        """The namespace with all that is in it; its Jobs first, which would start pods anew."""
        for thing in self.api.list("batch/v1", "Job", NAMESPACE):
            self.api.delete(Reference("batch/v1", "Job", NAMESPACE, thing["metadata"]["name"]))
        self.api.delete(SPACE)
        self.gone()

    def gone(self) -> None:
        """Wait until the namespace has ended."""
        end = time.monotonic() + self.settings.timeout
        while self.api.get(SPACE):
            if time.monotonic() > end:
                raise RuntimeError(f"namespace {NAMESPACE} does not end: {LOOK}")
            time.sleep(1)


def _ended(pod: Object) -> bool:
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")

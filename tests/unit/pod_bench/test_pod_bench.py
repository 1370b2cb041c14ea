"""The benchmark between pods; the API server and the pods are stand-ins."""

import json

import pytest
from ansible.module_utils.pod_bench import Bench, Settings, agent, manifests

SETTINGS = {"image": "registry.lab/toolbox:1", "sizes": [64, 4096], "privileged": True}
BANDWIDTH = """\
 #bytes     #iterations    BW peak[Gb/sec]    BW average[Gb/sec]   MsgRate[Mpps]
 {size}      100            0.09               0.05                0.001
"""
LATENCY = """\
 #bytes #iterations t_min[usec] t_max[usec] t_typical[usec] t_avg[usec] t_stdev[usec] 99%[usec] 99.9%[usec]
 {size} 100 10.0 90.0 20.5 21.0 1.0 50.0 90.0
"""  # noqa: E501  perftest's own line


def node(name, *, fabrics=(), rdma=(), ready=True):
    return {
        "metadata": {"name": name, "labels": {f"fabric.slipway/{f}": "up" for f in fabrics}},
        "spec": {},
        "status": {
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "allocatable": {f"rdma/{f}": "64" for f in rdma},
        },
    }


class StandInApi:
    """Pods that do at once what they are asked for; *broken*: client programs that fail."""

    def __init__(self, *nodes, broken=(), silent=()):
        self.nodes, self.broken, self.silent = nodes, broken, silent
        self.jobs, self.applied, self.space = {}, [], False

    def apply(self, thing):
        self.applied.append(thing)
        if thing["kind"] == "Job":
            self.jobs[thing["metadata"]["name"]] = thing
        self.space = True

    def delete(self, reference):
        self.jobs.pop(reference.name, None)
        if reference.kind == "Namespace":
            self.space = False

    def get(self, reference):
        return {"metadata": {}} if self.space else None

    def list(self, api_version, kind, namespace="", query=""):
        if kind == "Node":
            return list(self.nodes)
        if kind == "Job":
            return list(self.jobs.values())
        if kind == "Event":
            return [{"message": "0/2 nodes are available"}]
        name = query.partition("%3D")[2]
        pod = self.jobs[name]["spec"]["template"]["spec"]
        phase = "Running" if "serve" in name else "Succeeded"
        if pod["nodeSelector"]["kubernetes.io/hostname"] in self.silent:
            phase = "Pending"
        return [{"metadata": {"name": name}, "status": {"phase": phase}}]

    def text(self, path):
        job = self.jobs[path.split("/")[-2]]
        container = job["spec"]["template"]["spec"]["containers"][0]
        if container["command"][-1] == "serve":
            asked = job["spec"]["template"]["metadata"]["annotations"].get(manifests.NETWORKS, "")
            count = len(asked.split(", ")) if asked else 0
            names = ["eth0", *(f"net{n}" for n in range(1, count + 1))]
            return json.dumps({"addresses": dict.fromkeys(names, "10.0.0.9")}) + "\n"
        plan = json.loads(container["env"][0]["value"])
        return "\n".join(json.dumps(self.answer(run)) for run in plan["runs"])

    def answer(self, run):
        line = {key: run[key] for key in ("network", "name", "size")}
        if run["name"] in self.broken:
            return {**line, "error": "exit 1"}
        text = {"ib_write_bw": BANDWIDTH, "ib_write_lat": LATENCY}.get(run["name"])
        received = {"end": {"sum_received": {"bits_per_second": 2.5e9}}}
        return {**line, "output": text.format(size=run["size"]) if text else json.dumps(received)}


def run(api, **changes):
    return Bench(api, Settings.parse({**SETTINGS, **changes}), "stand-in").run()


def test_every_pair_over_every_network_that_both_have_and_nothing_is_left():
    api = StandInApi(
        node("a", fabrics=["rdma", "storage"]), node("b", fabrics=["rdma", "storage"]), node("c"),
    )  # fmt: skip
    result = run(api)
    pairs = {(m["network"], m["source"], m["target"]) for m in result["mesh"]}
    assert len(pairs) == 6 + 2 + 2
    assert all(m["gbits"] == 2.5 for m in result["mesh"])
    assert (api.jobs, api.space) == ({}, False)
    checks = [c for each in result["nodes"].values() for c in each["findings"]["checks"]]
    assert all(check["ok"] for check in checks)


def test_a_virtual_node_of_another_site_is_not_measured():
    virtual = node("admiralty-shared-link")
    virtual["metadata"]["labels"]["virtual-kubelet.io/provider"] = "admiralty"
    bench = Bench(StandInApi(node("one"), node("two"), virtual), Settings.parse(SETTINGS), "")
    assert [each.name for each in bench.nodes()] == ["one", "two"]


def test_what_a_run_that_was_cut_left_goes_first():
    api = StandInApi(node("a"), node("b"))
    api.jobs, api.space = {"measure-7": {"metadata": {"name": "measure-7"}}}, True
    assert len(run(api)["mesh"]) == 2
    assert (api.jobs, api.space) == ({}, False)


def test_rdma_gives_a_curve_of_each_kind_to_each_peer():
    both = [node(name, fabrics=["rdma"], rdma=["rdma"]) for name in ("a", "b")]
    found = run(StandInApi(*both))["nodes"]["a"]["findings"]
    assert {(s["kind"], s["peer"], s["network"]) for s in found["series"]} == {
        ("bandwidth", "b", "rdma"), ("latency", "b", "rdma"),
    }  # fmt: skip
    assert [point for s in found["series"] for point in s["points"]] == [
        [64, 0.05], [4096, 0.05], [64, 20.5], [4096, 20.5],
    ]  # fmt: skip


def test_a_program_that_fails_is_a_failed_check_and_the_others_go_on():
    both = [node(name, fabrics=["rdma"], rdma=["rdma"]) for name in ("a", "b")]
    found = run(StandInApi(*both, broken=["ib_write_bw"]))["nodes"]["a"]["findings"]
    failed = [check for check in found["checks"] if not check["ok"]]
    assert [check["name"] for check in failed] == [
        "rdma: ib_write_bw 64 bytes to b", "rdma: ib_write_bw 4096 bytes to b",
    ]  # fmt: skip
    assert failed[0]["got"] == "exit 1"
    assert [series["kind"] for series in found["series"]] == ["latency"]


def test_a_node_whose_pod_does_not_start_says_why_and_stops_nobody(monkeypatch):
    monkeypatch.setattr("ansible.module_utils.pod_bench.bench.time.sleep", lambda _: None)
    api = StandInApi(node("a"), node("b"), node("c"), silent=["c"])
    bench = Bench(api, Settings.parse({**SETTINGS, "timeout": 10}), "stand-in")
    clock = iter(range(10_000))
    monkeypatch.setattr(
        "ansible.module_utils.pod_bench.bench.time.monotonic", lambda: next(clock) / 10
    )
    result = bench.run()
    failed = [c for c in result["nodes"]["c"]["findings"]["checks"] if not c["ok"]]
    assert failed[0]["got"] == "0/2 nodes are available"
    assert {(m["source"], m["target"]) for m in result["mesh"]} == {("a", "b"), ("b", "a")}


def test_what_cannot_be_measured_is_said():
    with pytest.raises(RuntimeError, match="fewer than two"):
        run(StandInApi(node("a"), node("b", ready=False)))
    with pytest.raises(RuntimeError, match="not ready in the cluster: b, x"):
        run(StandInApi(node("a"), node("b", ready=False)), nodes=["a", "b", "x"])


def test_only_pods_with_rdma_are_privileged_and_only_where_asked():
    settings = Settings.parse(SETTINGS)
    plain, rdma = (
        manifests.job("j", manifests.Node(node("a", fabrics=["rdma"], rdma=found)), settings, None)
        for found in ([], ["rdma"])
    )
    strict = Settings.parse({**SETTINGS, "privileged": False})
    unprivileged = manifests.job(
        "j", manifests.Node(node("a", fabrics=["rdma"], rdma=["rdma"])), strict, None
    )
    contexts = [
        job["spec"]["template"]["spec"]["containers"][0].get("securityContext")
        for job in (plain, rdma, unprivileged)
    ]
    assert contexts == [None, {"privileged": True}, None]
    assert manifests.base(strict)[0]["metadata"]["labels"] == {
        "pod-security.kubernetes.io/enforce": "baseline"
    }


def test_every_job_ends_by_itself():
    job = manifests.job("j", manifests.Node(node("a")), Settings.parse(SETTINGS), {"runs": []})
    assert job["spec"]["activeDeadlineSeconds"] == 300
    assert job["spec"]["backoffLimit"] == 0


def test_the_gid_is_looked_up_by_the_pods_own_address(tmp_path, monkeypatch):
    port = tmp_path / "rxe0/ports/1"
    (port / "gids").mkdir(parents=True)
    (port / "gid_attrs/types").mkdir(parents=True)
    for index, (gid, kind) in enumerate([
        ("fe80:0000:0000:0000:b84a:40ff:fe05:c2a3", "RoCE v2"),
        ("0000:0000:0000:0000:0000:ffff:0a14:fa01", "IB/RoCE v1"),
        ("0000:0000:0000:0000:0000:ffff:0a14:fa01", "RoCE v2"),
    ]):  # fmt: skip
        (port / f"gids/{index}").write_text(f"{gid}\n")
        (port / f"gid_attrs/types/{index}").write_text(f"{kind}\n")
    monkeypatch.setattr(agent, "DEVICES", str(tmp_path))
    assert agent.gid("10.20.250.1") == ("rxe0", "2")
    assert agent.filled(["x", "-d", "{device}", "-x", "{gid}"], "10.20.250.1") == [
        "x", "-d", "rxe0", "-x", "2",
    ]  # fmt: skip
    with pytest.raises(RuntimeError, match="no RoCE v2 GID"):
        agent.gid("10.20.250.2")


def test_only_measuring_programs_are_started_for_others():
    with pytest.raises(ValueError, match="none of iperf3"):
        agent.serve_one(
            {"argv": ["sh"], "interface": "eth0", "timeout": 1}, {"eth0": "10.0.0.1"}, None
        )

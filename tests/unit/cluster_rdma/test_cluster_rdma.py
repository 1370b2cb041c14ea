"""RDMA for pods of a node whose ip, systemctl and API server are stand-ins."""

import json

import pytest
from ansible.module_utils.cluster_rdma import ClusterRdma, RdmaSpec, SpecError, kubelet, parents
from ansible.module_utils.cluster_rdma.stand_in import KUBECONFIG
from ansible.module_utils.converge import ConvergeError, converge
from ansible.module_utils.system import Output, System

DESIRED = {
    "node": "worker-1",
    "plugin": "stand-in",
    "parents": {"data0v0": {"port": "data0", "vf": 0, "mtu": 9000}},
    "resources": {"rdma/rdma": 64},
    "numa": {"topology": "restricted", "reserved_cpus": "0", "reserved_memory": {"0": 600}},
}


class StandInNode(System):
    def __init__(self, root):
        super().__init__(str(root))
        self.vf = {"vf": 0, "trust": False, "spoofchk": True}
        self.kubelet, self.log = True, []
        self.write_file("/sys/class/net/data0v0/flags", "0x1002")
        self.write_file("/sys/class/net/data0v0/mtu", "1500")

    def run(self, *argv, check=True, timeout=120, stdin=None):
        self.log.append(argv)
        if argv[:4] == ("ip", "-json", "link", "show"):
            return Output(0, json.dumps([{"ifname": "data0", "vfinfo_list": [self.vf]}]), "")
        if argv[:5] == ("ip", "link", "set", "dev", "data0"):
            self.vf[argv[7]] = argv[8] == "on"
        elif argv[:5] == ("ip", "link", "set", "dev", "data0v0"):
            self.write_file("/sys/class/net/data0v0/mtu", argv[6])
            self.write_file("/sys/class/net/data0v0/flags", "0x1003")
        elif argv[0] == "systemctl" and argv[1] in ("stop", "start"):
            self.kubelet = argv[1] == "start"
        elif argv[:2] == ("systemctl", "is-active"):
            return Output(0, "active\n" if self.kubelet else "inactive\n", "")
        return Output(0, "", "")


class StandInApi:
    """A Node whose status merges what is patched."""

    def __init__(self):
        self.capacity = {"cpu": "2", "rdma/gone": "8"}
        self.asked = []

    def get(self, reference):
        self.asked.append(reference.name)
        return {"status": {"capacity": dict(self.capacity)}}

    def request(self, method, path, body, *, content):
        assert (method, path) == ("PATCH", "/api/v1/nodes/worker-1/status")
        assert content == "application/merge-patch+json"
        for name, value in body["status"]["capacity"].items():
            if value is None:
                self.capacity.pop(name, None)
            else:
                self.capacity[name] = value


@pytest.fixture
def node(tmp_path):
    return StandInNode(tmp_path)


def subject(node, api=None, **changes):
    found = ClusterRdma(node, RdmaSpec.parse({**DESIRED, **changes}))
    found.parts[2]._api = api or StandInApi()
    return found


def test_a_node_gets_everything_and_the_second_run_changes_nothing(node):
    node.write_file(KUBECONFIG, "{}")
    api = StandInApi()
    first = converge(subject(node, api))
    assert [step["name"] for step in first.steps] == [
        "udev:pods", "interface:data0v0", "kubelet:numa", "count:rdma/gone", "count:rdma/rdma",
    ]  # fmt: skip
    assert node.vf == {"vf": 0, "trust": True, "spoofchk": False}
    assert api.capacity == {"cpu": "2", "rdma/rdma": "64"}
    again = subject(node, api)
    result = converge(again)
    assert not result.changed
    checks = again.verify(result.after)
    assert len(checks) == 3
    assert all(check.ok for check in checks)


def test_check_mode_works_on_a_bare_node_and_changes_nothing(node):
    result = converge(subject(node), check=True)
    assert len(result.steps) == 4
    assert not any(argv[:3] == ("ip", "link", "set") for argv in node.log)
    assert node.read(parents.RULES) is None


def test_udev_does_the_same_as_the_run(node):
    converge(subject(node, resources={}, plugin="shared"))
    rules = node.read(parents.RULES)
    done = [" ".join(argv) for argv in node.log if argv[:3] == ("ip", "link", "set")]
    assert all(f'RUN+="/usr/sbin/{command}"' in rules for command in done)
    assert len(done) == 3


@pytest.mark.parametrize("drift", ["trust", "spoofchk"])
def test_drift_of_a_vf_is_corrected(node, drift):
    converge(subject(node, plugin="shared"))
    node.vf[drift] = not node.vf[drift]
    assert [s["name"] for s in converge(subject(node, plugin="shared")).steps] == [
        "interface:data0v0"
    ]


def test_a_missing_vf_is_a_warning(node):
    node.remove("/sys/class/net/data0v0/flags")
    result = converge(subject(node, plugin="shared"))
    assert "data0v0" in result.warnings[0]


def test_reserved_memory_is_what_kubelet_computes():
    text = kubelet.Kubelet(System("/nowhere"), RdmaSpec.parse(DESIRED)).text()
    found = json.loads(text)
    reserved = sum(int(e["limits"]["memory"][:-2]) for e in found["reservedMemory"])
    system = int(found["systemReserved"]["memory"][:-2])
    assert reserved == system + int(found["evictionHard"]["memory.available"][:-2])


def test_old_state_goes_while_kubelet_is_stopped(node):
    for state in kubelet.STATES:
        node.write_file(state, '{"policyName": "none"}')
    converge(subject(node, plugin="shared"))
    assert not any(node.exists(state) for state in kubelet.STATES)
    verbs = [argv[1] for argv in node.log if argv[0] == "systemctl" and argv[1] != "is-active"]
    assert verbs == ["stop", "daemon-reload", "start"]


def test_placement_does_not_change_under_pods_with_their_own_cpus(node):
    converge(subject(node, plugin="shared"))
    node.write_file(kubelet.STATES[0], '{"policyName": "static", "entries": {"a": {"b": "1"}}}')
    with pytest.raises(ConvergeError, match="exclusive-cpus"):
        converge(subject(node, plugin="shared", numa=None))
    assert node.read(kubelet.FILE)


def test_without_numa_the_file_goes(node):
    converge(subject(node, plugin="shared"))
    converge(subject(node, plugin="shared", numa=None))
    assert node.read(kubelet.FILE) is None


def test_a_real_plugin_is_left_alone(node):
    node.write_file(KUBECONFIG, "{}")
    api = StandInApi()
    converge(subject(node, api, plugin="shared"))
    assert api.asked == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"plugin": "other"}, "plugin"),
        ({"resources": {"nvidia.com/gpu": 1}}, "resources"),
        ({"resources": {"rdma/rdma": "64"}}, "resources.rdma/rdma"),
        ({"parents": {"a/b": {"port": "data0", "vf": 0, "mtu": 9000}}}, "parents"),
        ({"parents": {"data0v0": {"port": "data0", "vf": 0}}}, "parents.data0v0.mtu"),
        ({"numa": {"topology": "none", "reserved_cpus": "0"}}, "numa.topology"),
        ({"numa": {"topology": "restricted", "reserved_cpus": "0;"}}, "numa.reserved_cpus"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_a_wrong_key_is_named(change, message):
    with pytest.raises(SpecError, match=message):
        RdmaSpec.parse({**DESIRED, **change})

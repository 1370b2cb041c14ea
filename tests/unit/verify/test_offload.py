"""The probe flow, with a stand-in ovs-appctl that answers as the lab's did."""

import pytest
from ansible.module_utils.converge import STAND_IN
from ansible.module_utils.host_datapath import openvswitch
from ansible.module_utils.system import CommandError, Output
from ansible.module_utils.verify import offload
from ansible.module_utils.verify.findings import Findings

SHOW = """system@ovs-system:
  lookups: hit:0 missed:4 lost:0
  port 0: ovs-system (internal)
  port 1: br-data (internal)
  port 2: bond0
  port 3: data0_0
"""
FLOW = (
    "ufid:0, in_port(data0_0),eth(src=02:53:4c:50:57:01,dst=02:53:4c:50:57:02),"
    "eth_type(0x88b5), packets:0, bytes:0, used:never, {said}dp:{datapath}, actions:bond0"
)


class Switch:
    """``ovs-appctl``; put flows are said to be offloaded, or not."""

    def __init__(self, said="offloaded:yes, ", datapath="tc", show=SHOW):
        self.said, self.datapath, self.show, self.calls = said, datapath, show, []

    def __call__(self, *words):
        self.calls.append(words)
        if words[0] == "dpctl/show":
            return Output(0, self.show, "")
        if words[0] == "dpctl/dump-flows":
            return Output(0, FLOW.format(said=self.said, datapath=self.datapath), "")
        return Output(0, "", "")


class Host:
    def run(self, *_argv, **_options):
        return Output(0, "filter protocol [34997] pref 1 flower\n  in_hw in_hw_count 1\n", "")


def proved(switch, representors=("data0_0", "data0_1")):
    findings = Findings("switchdev-1")
    offload.prove_offload(Host(), switch, representors, "bond0", STAND_IN, findings)
    return findings


def test_offloaded_and_labelled():
    switch = Switch()
    findings = proved(switch)
    (check,) = findings.checks
    assert check.ok
    assert check.source == STAND_IN
    assert "stand-in driver" in check.got
    assert findings.facts["offload"] == {"offloaded_flows": 1, "tc_in_hw": 1, "tc_not_in_hw": 0}
    put = next(words for words in switch.calls if words[0] == "dpctl/add-flow")
    out = next(words for words in switch.calls if words[0] == "dpctl/del-flow")
    assert put[1].split()[0] == out[1]
    assert "in_port(3)" in put[1]
    assert put[2] == "2"


@pytest.mark.parametrize(
    ("said", "datapath"),
    [("", "tc"), ("", "ovs"), ("offloaded:partial, ", "tc"), ("offloaded:yes, ", "ovs")],
)
def test_not_offloaded(said, datapath):
    (check,) = proved(Switch(said, datapath)).checks
    assert not check.ok
    assert check.step == "openvswitch:settings"


def test_no_representor_in_a_bridge_is_not_asked():
    findings = proved(Switch(), ["data1_7"])
    assert findings.checks == []
    assert "no representor" in findings.skipped[0]["reason"]


def test_no_datapath():
    (check,) = proved(Switch(show="")).checks
    assert not check.ok


def test_vswitchd_does_not_answer():
    def broken(*_words):
        raise CommandError("ovs-appctl: cannot connect")

    (check,) = proved(broken).checks
    assert "cannot connect" in check.got


def test_the_probe_is_taken_out_when_reading_fails():
    class Dies(Switch):
        def __call__(self, *words):
            if words[0] == "dpctl/dump-flows":
                self.calls.append(words)
                raise CommandError("no answer")
            return super().__call__(*words)

    switch = Dies()
    proved(switch)
    assert switch.calls[-1][0] == "dpctl/del-flow"


@pytest.mark.parametrize("engine", ["podman", "docker"])
def test_the_containers_engine_is_the_one_that_the_datapath_uses(engine):
    class Kolla:
        ran = None

        def exists(self, path):
            return path == f"/usr/bin/{engine}"

        def run(self, *argv, **_options):
            self.ran = argv
            return Output(0, "", "")

    host = Kolla()
    offload.appctl(host, "kolla")("dpctl/show")
    assert host.ran == (engine, "exec", "openvswitch_vswitchd", "ovs-appctl", "dpctl/show")
    assert openvswitch.command(host, "kolla")[:2] == host.ran[:2]
    offload.appctl(host, "host")("dpctl/show")
    assert host.ran[0] == "ovs-appctl"


def test_parse_of_the_real_port_list():
    assert offload.datapath_ports(SHOW)["bond0"] == "2"

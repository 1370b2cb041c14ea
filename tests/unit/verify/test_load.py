"""Many flows on loopback, and what the growth of members says."""

import pytest
from ansible.module_utils.verify import flows, load, members
from ansible.module_utils.verify.findings import Findings
from ansible.module_utils.verify.spec import Network

HERE = "127.0.0.1"
NETWORK = Network("storage", "bond0", "bond0.100", 9000, HERE, HERE, 2000, "emulation")


def test_every_flow_gets_the_same_bytes():
    sink = flows.Sink(HERE, 10)
    sink.start()
    sent = flows.send(HERE, HERE, sink.port, flows=20, bytes_each=100_000, seconds=10)
    assert sent == [100_000] * 20
    for _try in range(100):
        if sink.received == 2_000_000:
            break
        sink.join(0.05)
    assert sink.close() == 2_000_000
    assert sink.flows == 20


def test_a_sink_that_goes_away_ends_the_flows():
    sink = flows.Sink(HERE, 0.2)
    sink.start()
    sent = flows.send(HERE, HERE, sink.port, flows=2, bytes_each=1 << 32, seconds=3)
    assert max(sent) < 1 << 32


def test_a_sink_never_started_is_closed():
    assert flows.Sink(HERE, 1).close() == 0


def judged(grown, count=48):
    findings = Findings("host-1")
    load.judge(findings, NETWORK, "host-2", grown, count)
    return {check.name: check for check in findings.checks}, findings


def test_both_members():
    checks, findings = judged({"data0": 52, "data1": 48})
    assert all(check.ok for check in checks.values())
    assert len(checks) == 2
    assert {check.source for check in checks.values()} == {"emulation"}
    assert findings.spreads[0]["flows"] == 48


def test_an_idle_member_names_the_lag():
    checks, _findings = judged({"data0": 100, "data1": 0})
    (check,) = checks.values()
    assert not check.ok
    assert check.step == "lag"
    assert "data1 carries nothing" in check.got


def test_a_single_member():
    checks, findings = judged({"data0": 100})
    assert not checks["bond0: both members carry traffic"].ok
    assert findings.spreads == []


class Counters:
    """A host whose counters lag behind, as real drivers' do."""

    def __init__(self, values):
        self.values = iter(values)
        self.slept = 0.0

    def read(self, path):
        if path.endswith("bonding/slaves"):
            return "data0 data1"
        return str(next(self.values))

    def run(self, *_argv, **_options):
        from ansible.module_utils.system import Output

        return Output(127, "", "not installed")

    def sleep(self, seconds):
        self.slept += seconds


def test_counters_that_lag_are_waited_for():
    host = Counters([0, 0, 10, 0, 500, 400])
    before = members.sent(host, "bond0")
    assert members.growth(host, "bond0", before, 900) == {"data0": 500, "data1": 400}
    assert host.slept > 0


def test_the_wire_counter_is_preferred():
    from ansible.module_utils.system import Output

    host = Counters([])
    host.run = lambda *_argv, **_options: Output(0, "NIC statistics:\n     tx_bytes_phy: 77\n", "")
    assert members.sent(host, "bond0") == {"data0": 77, "data1": 77}


def test_no_bond():
    class Bare(Counters):
        def read(self, path):
            return None

    with pytest.raises(RuntimeError, match="no bond"):
        members.sent(Bare([]), "bond0")

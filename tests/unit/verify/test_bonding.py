"""What is expected of a bond follows from its mode, its hash and mlx5's LAG."""

import pytest
from ansible.module_utils.verify import load, rdma
from ansible.module_utils.verify.bonding import ACTIVE, ANY, BOTH, ONE, Bond, rdma_members
from ansible.module_utils.verify.findings import Findings
from ansible.module_utils.verify.spec import Network, Settings, sessions

HERE = "127.0.0.1"
ONE_SIDED = {"data0": 100, "data1": 0}
SPREAD = {"data0": 52, "data1": 48}


@pytest.mark.parametrize(
    ("mode", "policy", "members"),
    [
        ("802.3ad", "layer3+4", BOTH), ("balance-xor", "encap3+4", BOTH),
        ("802.3ad", "layer2", ONE), ("balance-xor", "layer2+3", ONE),
        ("802.3ad", "vlan+srcmac", ONE), ("active-backup", "layer3+4", ACTIVE),
        ("balance-rr", "layer2", BOTH), ("balance-tlb", "layer3+4", ANY),
    ],
)  # fmt: skip
def test_what_a_bond_does_with_many_flows(mode, policy, members):
    expected = Bond(mode, policy).sends()
    assert expected.members == members
    assert (mode if members in (ACTIVE, ANY) or mode == "balance-rr" else policy) in expected.text


def judged(bond, grown, active=""):
    findings = Findings("host-1")
    network = Network("storage", "bond0", "bond0.100", 9000, HERE, HERE, 2000, bond=bond)
    load.judge(findings, network, "host-2", grown, 48, active)
    return findings


@pytest.mark.parametrize(
    ("bond", "active", "right", "wrong"),
    [
        (Bond("802.3ad", "layer2"), "", ONE_SIDED, SPREAD),
        (Bond("802.3ad", "layer2+3"), "", ONE_SIDED, SPREAD),
        (Bond("active-backup"), "data0", ONE_SIDED, SPREAD),
        (Bond("active-backup"), "data0", ONE_SIDED, {"data0": 0, "data1": 100}),
        (Bond("balance-tlb"), "", ONE_SIDED, {"data0": 0, "data1": 0}),
        (Bond("balance-xor"), "", SPREAD, ONE_SIDED),
    ],
)
def test_judged_by_the_bonds_own_expectation(bond, active, right, wrong):
    good = judged(bond, right, active)
    assert all(check.ok for check in good.checks)
    assert bond.sends().text in good.checks[0].expected
    assert good.spreads[0]["expected"] == bond.sends().text
    assert (good.spreads[0]["low"] is None) == (bond.sends().members != BOTH)
    assert not all(check.ok for check in judged(bond, wrong, active).checks)


@pytest.mark.parametrize(
    ("own", "peer", "native", "count", "used"),
    [
        (Bond(), Bond(), True, 16, 2),
        (Bond(), Bond(), True, 1, 1),
        (Bond("802.3ad", "layer2"), Bond(), True, 16, 1),
        (Bond("active-backup"), Bond(), True, 16, 1),
        (Bond(), Bond("active-backup"), True, 16, 1),
        (Bond("802.3ad", "layer2", "queue_affinity"), Bond(), True, 16, 2),
        (Bond("802.3ad", "layer2", "queue_affinity"), Bond(), False, 16, 1),
        (Bond("active-backup", "layer2", "queue_affinity"), Bond(), True, 16, 1),
    ],
)
def test_members_that_rdma_can_fill(own, peer, native, count, used):
    assert rdma_members(own, peer, native, count)[0] == used


class Bonded:
    """Two members whose counters stand still."""

    def read(self, path):
        return "data0 data1" if path.endswith("slaves") else "0"

    def run(self, *_argv, **_options):
        from ansible.module_utils.system import Output

        return Output(1, "", "")

    def sleep(self, _seconds):
        return None


@pytest.mark.parametrize(
    ("bond", "gigabits", "ok"), [(Bond(), 95, False), (Bond("active-backup"), 95, True)]
)
def test_rdma_is_held_to_the_members_that_it_can_use(monkeypatch, bond, gigabits, ok):
    table = f"#bytes BW average[Gb/sec] MsgRate\n65536 100 {gigabits} {gigabits} 0.1\n"

    class Pair:
        system = Bonded()
        network = Network(
            "rdma", "bond0", "bond0.200", 9000, HERE, HERE, 200_000, rdma_evidence="hardware",
            bond=bond,
        )  # fmt: skip

        def run(self, _run):
            return table

    monkeypatch.setattr(rdma.members, "growth", lambda *_: SPREAD)
    findings, wanted = Findings("host-1"), Settings(message_sizes=(65536,))
    rdma.bandwidth(Pair(), "host-2", wanted, 16, findings, float("inf"))
    assert findings.checks[0].ok == ok
    assert bond.sends().text in findings.checks[0].expected
    assert bond.sends().text in findings.series[0].expectation_text


def test_the_model_brings_both_ends_bonds():
    network = {
        "name": "rdma", "link": "bond0", "interface": "bond0.200", "mtu": 9000, "address": HERE,
        "peer_address": HERE, "rdma": {"kind": "rxe"}, "peer_rdma": {"kind": "native"},
        "rdma_evidence": "emulation", "bond": {"mode": "balance-xor"},
        "peer_bond": {"mode": "active-backup", "transmit_hash_policy": "layer2"},
    }  # fmt: skip
    planned = [{"peer": "host-2", "role": "client"}]
    (session,) = sessions(planned, [{"name": "host-2", "networks": [network]}])
    assert session.networks[0].bond == Bond("balance-xor")
    assert session.networks[0].peer_bond == Bond("active-backup", "layer2")
    assert not session.networks[0].native

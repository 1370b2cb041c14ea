"""host_rdma's settings on a stand-in host: links, GIDs, refusals, cuts."""

import json
from itertools import count

import pytest
from ansible.module_utils.converge import ConvergeError, converge
from ansible.module_utils.host_rdma import (
    HostRdma,
    HostRdmaSpec,
    SpecError,
    delete_links_steps,
    link_facts,
    rdma_links_on,
)
from ansible.module_utils.host_rdma.cli import main
from fakes.crash import CutPoints, cut_everywhere

SOFT = {"roce_links": [{"netdev": "bond0.100", "device": "rxe0", "kind": "rxe"}]}


def rdma(host, at_boot=False, **desired):
    return HostRdma(host, HostRdmaSpec.parse(desired), at_boot=at_boot)


def names(result):
    return [step["name"] for step in result.steps]


def rules(subject):
    return [refusal.rule for refusal in subject.plan(subject.observe()).refusals]


def test_all_steps_in_order_and_then_none(host):
    result = converge(rdma(host, **SOFT))
    assert names(result) == [
        "rdma-link:rxe0",
        "roce:bond0.100",
        "memlock:sessions",
        "memlock:services",
        "memlock:systemd",
        "boot:spec",
        "boot:unit",
        "boot:enable",
    ]
    assert "rdma link add rxe0 type rxe netdev bond0" in host.ran
    again = converge(rdma(host, **SOFT))
    assert not again.changed
    assert all(c.ok and c.source == "emulation" for c in rdma(host, **SOFT).verify(again.after))


def test_check_mode_on_a_bare_host(tmp_path, new_host):
    host = new_host(tmp_path)
    result = converge(
        rdma(host, roce_links=[{"netdev": "later", "device": "rxe0", "kind": "rxe"}]), check=True
    )
    assert "rdma-link:rxe0" in names(result)
    assert not [c for c in host.ran if not c.startswith("systemctl show")]


def test_an_interface_that_is_not_there_is_named(host):
    with pytest.raises(ConvergeError, match=r"rdma-link:rxe0: .*later"):
        converge(rdma(host, roce_links=[{"netdev": "later", "device": "rxe0", "kind": "rxe"}]))


def test_cut_at_every_step_and_change_and_run_again(tmp_path, new_host):
    folders = (tmp_path / str(number) for number in count())

    def make():
        host = new_host(next(folders))
        host.__class__ = Cuttable
        return host

    class Cuttable(CutPoints, type(new_host(tmp_path / "whole"))):
        """Cut before each change."""

    assert len(cut_everywhere(make, lambda host: rdma(host, **SOFT))) > 16 + 8


class TestLinks:
    def test_two_vlans_share_the_link_of_their_interface(self, host):
        host.netdev("bond0.200", address="10.20.0.1", lower=["bond0"], vlan=True)
        two = {
            "roce_links": [
                *SOFT["roce_links"],
                {"netdev": "bond0.200", "device": "rxe1", "kind": "rxe"},
            ]
        }
        result = converge(rdma(host, **two))
        assert host.list("/sys/class/infiniband") == ["rxe0"]
        facts = link_facts(result.after)
        assert {n: (f["device"], f["address"]) for n, f in facts.items()} == {
            "bond0.100": ("rxe0", "10.10.0.1"),
            "bond0.200": ("rxe0", "10.20.0.1"),
        }
        assert facts["bond0.100"]["gid_index"] != facts["bond0.200"]["gid_index"]

    def test_a_link_that_the_model_dropped_goes_and_a_foreign_one_stays(self, host):
        host.netdev("eth9")
        host.device("siw9", ["eth9"])
        converge(rdma(host, **SOFT))
        converge(rdma(host))
        assert host.list("/sys/class/infiniband") == ["siw9"]

    def test_a_foreign_link_in_the_way_is_refused(self, host):
        host.device("mine", ["bond0"])
        assert rules(rdma(host, **SOFT)) == ["rdma-link-taken"]

    def test_a_link_on_the_wrong_interface_moves(self, host):
        host.netdev("eth9")
        host.device("rxe0", ["eth9"])
        result = converge(rdma(host, **SOFT))
        assert names(result)[:2] == ["rdma-link:rxe0:delete", "rdma-link:rxe0"]

    def test_two_links_swap_their_interfaces(self, host):
        host.netdev("eth9")
        links = [("bond0.100", "rxe0"), ("eth9", "rxe1")]
        for first, second in (links, [("bond0.100", "rxe1"), ("eth9", "rxe0")]):
            wanted = [{"netdev": n, "device": d, "kind": "rxe"} for n, d in (first, second)]
            result = converge(rdma(host, roce_links=wanted))
        assert [n for n in names(result) if n.startswith("rdma-link")] == [
            "rdma-link:rxe0:delete",
            "rdma-link:rxe1:delete",
            "rdma-link:rxe1",
            "rdma-link:rxe0",
        ]

    def test_links_go_before_an_interface_below_them(self, host):
        converge(rdma(host, **SOFT))
        assert rdma_links_on(host, "enp1s0f0") == ["rxe0"]
        assert rdma_links_on(host, "bond0.100") == []
        for step in delete_links_steps(host, "bond0"):
            step.do()
            assert step.proof() is None
        assert rdma_links_on(host, "bond0") == []
        # and the next run makes them again
        assert names(converge(rdma(host, **SOFT))) == ["rdma-link:rxe0", "roce:bond0.100"]

    def test_native_device_of_a_vlan_on_a_bond(self, host):
        host.device("mlx5_bond_0", ["bond0", "bond0.100"], native_on="enp1s0f0")
        result = converge(rdma(host, roce_links=[{"netdev": "bond0.100", "kind": "native"}]))
        facts = link_facts(result.after)["bond0.100"]
        assert (facts["device"], facts["gid_index"], facts["address"]) == (
            "mlx5_bond_0",
            5,
            "10.10.0.1",
        )

    def test_roce_v1_takes_another_gid(self, host):
        host.device("mlx5_0", ["bond0.100"], native_on="enp1s0f0")
        links = [{"netdev": "bond0.100", "kind": "native"}]
        result = converge(rdma(host, roce_links=links, roce_version=1))
        assert link_facts(result.after)["bond0.100"]["gid_index"] == 1

    def test_a_nic_without_rdma_is_said(self, host, monkeypatch):
        monkeypatch.setattr("ansible.module_utils.host_rdma.links.PATIENCE", 0)
        with pytest.raises(ConvergeError, match="enable_roce"):
            converge(rdma(host, roce_links=[{"netdev": "bond0.100", "kind": "native"}]))


class TestBoot:
    def test_what_a_reboot_loses_comes_back_without_a_controller(self, host, capsys):
        converge(rdma(host, **SOFT))
        assert main(["down"], host) == 0
        host.write_attribute("/sys/kernel/config/rdma_cm/rxe0/ports/1/default_roce_tos", "0")
        assert main(["boot"], host) == 0
        assert capsys.readouterr().out.splitlines() == [
            "rdma-link:rxe0: bond0",
            "roce:bond0.100: RoCE v2, traffic class 104",
        ]
        assert main(["plan"], host) == 0
        assert "nothing to do" in capsys.readouterr().out
        assert main(["verify", "--json"], host) == 0
        assert main(["down"], host) == 0
        assert main(["plan"], host) == 3

    def test_without_an_interface_boot_says_which(self, host, capsys):
        host.put(
            "/etc/slipway/rdma.json",
            json.dumps({"roce_links": [{"netdev": "x", "device": "r", "kind": "rxe"}]}),
        )
        host.sleep = lambda seconds: None
        assert main(["boot"], host) == 1
        assert "no interface x" in capsys.readouterr().err

    def test_without_a_desired_state(self, host, capsys):
        assert main(["status"], host) == 2
        assert main(["down"], host) == 0

    def test_a_broken_desired_state_is_no_traceback(self, host, capsys):
        host.put("/etc/slipway/rdma.json", '{"rdma": 1}')
        assert main(["boot"], host) == 1
        assert "rdma: unknown" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("desired", "key"),
    [
        ({"roce_link": []}, "roce_link"),
        ({"roce_version": 3}, "roce_version"),
        ({"dscp": 64}, "dscp"),
        ({"dscp": 26, "traffic_class": 26}, "expected 104"),
        ({"memlock": "8G"}, "memlock"),
        ({"driver_source": "ofed"}, "driver_source"),
        ({"roce_links": [{"netdev": "a", "kind": "rxe"}]}, r"roce_links\[0\].device"),
        ({"roce_links": [{"netdev": "a/b", "kind": "native"}]}, r"roce_links\[0\].netdev"),
        ({"roce_links": [{"netdev": "a", "kind": "native"}] * 2}, "twice"),
        ({"lossless": {"ports": [], "pfc_priorities": []}}, "lossless.pfc_priorities"),
        ({"lossless": {"pfc_priorities": [8]}}, "lossless.pfc_priorities"),
        ({"lossless": {"pfc_priorities": [3], "buffer": [1]}}, "lossless.buffer"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(desired, key):
    with pytest.raises(SpecError, match=key):
        HostRdmaSpec.parse(desired)

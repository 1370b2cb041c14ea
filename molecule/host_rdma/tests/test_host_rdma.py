"""RDMA of a lab host, asked from outside: Soft-RoCE, so what it shows is emulation's.

Between two hosts and over the bond it is the scenario verify_hosts that measures.
"""

import json

import pytest


@pytest.fixture
def links(host):
    return json.loads(host.check_output("slipway-datapath rdma status --json"))


def test_links_and_what_they_are_on(host):
    shown = json.loads(host.check_output("rdma --json link show"))
    on = {link["ifname"]: (link["netdev"], link["state"]) for link in shown}
    # the VLAN's link is on the interface below: the kernel takes no other
    assert on == {"rxe0": ("enp0s3", "ACTIVE"), "rxe1": ("storage", "ACTIVE")}


def test_gid_index_is_that_of_the_address(host, links):
    assert links["storage.100"]["address"] == "10.10.0.1"
    for netdev, facts in links.items():
        base, index = f"/sys/class/infiniband/{facts['device']}/ports/1", facts["gid_index"]
        shown = host.check_output(f"cd {base}/gid_attrs && cat types/{index} ndevs/{index}")
        assert shown.splitlines() == ["RoCE v2", netdev]


def test_defaults_of_new_connections(host):
    folder = "/sys/kernel/config/rdma_cm"
    files = " ".join(
        f"{folder}/rxe{n}/ports/1/default_roce_{k}" for n in "01" for k in ("mode", "tos")
    )
    assert host.check_output(f"cat {files}").splitlines() == ["RoCE v2", "104"] * 2


def test_memlock_of_services(host):
    started = host.check_output("systemd-run --pipe --quiet --wait sh -c 'ulimit -l'")
    assert started == "unlimited"


def test_the_host_verifies_itself(host):
    checks = json.loads(host.check_output("slipway-datapath rdma verify --json"))
    assert [c["name"] for c in checks if not c["ok"]] == []
    assert {c["source"] for c in checks} == {"emulation"}


def test_pingpong(host, links):
    command = f"timeout 120 ibv_rc_pingpong -d rxe0 -g {links['enp0s3']['gid_index']} -n 100"
    # the server may still be starting
    client = (
        f"for n in $(seq 30); do {command} {links['enp0s3']['address']} && exit 0; sleep 1; done"
    )
    answer = host.check_output(f"{command} > /dev/null & {client}; exit 1")
    assert "100 iters" in answer


def test_the_unit_takes_links_down_and_brings_them_back(host):
    host.check_output("systemctl restart slipway-rdma.service")
    assert host.check_output("systemctl stop slipway-rdma.service && rdma link show") == ""
    host.check_output("systemctl start slipway-rdma.service")
    assert host.check_output("slipway-datapath rdma plan") == "nothing to do"


def test_no_failed_units(host):
    assert not host.check_output("systemctl list-units --state=failed --plain --no-legend")

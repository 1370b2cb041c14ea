"""RDMA of two lab hosts, asked from outside: Soft-RoCE, so the figures are emulation's."""

import json
import threading

import testinfra


def links(host):
    return json.loads(host.check_output("slipway-datapath rdma status --json"))


def test_links_and_what_they_are_on(host):
    shown = json.loads(host.check_output("rdma --json link show"))
    on = {link["ifname"]: (link["netdev"], link["state"]) for link in shown}
    # the VLAN's link is on the interface below: the kernel takes no other
    assert on == {"rxe0": ("enp0s3", "ACTIVE"), "rxe1": ("storage", "ACTIVE")}


def test_gid_index_is_that_of_the_address(host):
    for netdev, facts in links(host).items():
        base = f"/sys/class/infiniband/{facts['device']}/ports/1/gid_attrs"
        assert host.file(f"{base}/types/{facts['gid_index']}").content_string.strip() == "RoCE v2"
        assert host.file(f"{base}/ndevs/{facts['gid_index']}").content_string.strip() == netdev
        assert f" {facts['address']}/" in host.check_output(f"ip -4 -o address show dev {netdev}")


def test_defaults_of_new_connections(host):
    for device in ("rxe0", "rxe1"):
        port = f"/sys/kernel/config/rdma_cm/{device}/ports/1"
        assert host.file(f"{port}/default_roce_mode").content_string.strip() == "RoCE v2"
        assert host.file(f"{port}/default_roce_tos").content_string.strip() == "104"


def test_memlock_of_services(host):
    started = host.check_output("systemd-run --pipe --quiet --wait sh -c 'ulimit -l'")
    assert started == "unlimited"


def test_the_host_verifies_itself(host):
    checks = json.loads(host.check_output("slipway-datapath rdma verify --json"))
    assert [c["name"] for c in checks if not c["ok"]] == []
    assert {c["source"] for c in checks} == {"emulation"}
    assert host.check_output("slipway-datapath rdma plan") == "0 steps"


def test_the_unit_takes_links_down_and_brings_them_back(host):
    host.check_output("systemctl restart slipway-rdma.service")
    host.check_output("systemctl stop slipway-rdma.service")
    assert host.check_output("rdma link show") == ""
    host.check_output("systemctl start slipway-rdma.service")
    assert host.check_output("slipway-datapath rdma plan") == "0 steps"


def test_pingpong_between_the_hosts(host, request):
    if host.check_output("hostname") != "host-1":
        return
    there = testinfra.get_host("ssh://host-2", ssh_config=request.config.getoption("--ssh-config"))
    here, other = (links(h)["enp0s3"] for h in (host, there))
    server = threading.Thread(
        target=there.run,
        args=(f"timeout 120 ibv_rc_pingpong -d rxe0 -g {other['gid_index']} -n 100",),
    )
    server.start()
    client = f"ibv_rc_pingpong -d rxe0 -g {here['gid_index']} -n 100 {other['address']}"
    # the server may still be starting
    answer = host.run(f"for n in $(seq 30); do {client} && exit 0; sleep 1; done; exit 1")
    server.join()
    assert answer.rc == 0, answer.stderr
    assert "100 iters" in answer.stdout

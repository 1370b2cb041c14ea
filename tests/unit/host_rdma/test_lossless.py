"""The lossless class with stand-in dcb and mlnx_qos: no NIC with PFC was there."""

from ansible.module_utils.converge import converge
from ansible.module_utils.host_rdma import HostRdma, HostRdmaSpec
from ansible.module_utils.host_rdma.qos import MlnxQos, qos_tool

LOSSLESS = {
    "trust": "dscp",
    "pfc_priorities": [3],
    "ecn_priorities": [3],
    "buffer": None,
    "ports": ["enp1s0f0"],
}


def rdma(host, **changes):
    return HostRdma(host, HostRdmaSpec.parse({"lossless": {**LOSSLESS, **changes}}))


def names(result):
    return [s["name"] for s in result.steps if s["name"].startswith("lossless")]


def test_with_stand_in_dcb(host):
    result = converge(rdma(host, buffer=[0, 1, 2, 3, 4, 5, 6, 7]))
    assert names(result) == [
        f"lossless:enp1s0f0:{what}" for what in ("host_managed", "dscp", "trust", "pfc", "buffer")
    ]
    assert "dcb pfc set dev enp1s0f0 prio-pfc all:off 3:on" in host.ran
    assert "dcb app replace dev enp1s0f0 dscp-prio 26:3" in host.ran
    assert "leaves ECN to the firmware" in result.warnings[0]
    assert not converge(rdma(host, buffer=[0, 1, 2, 3, 4, 5, 6, 7])).changed
    # drift
    host.ports["enp1s0f0"]["pfc"] = [True] * 8
    assert names(converge(rdma(host, buffer=[0, 1, 2, 3, 4, 5, 6, 7]))) == ["lossless:enp1s0f0:pfc"]


def test_trust_pcp_takes_dscp_entries_away(host):
    converge(rdma(host))
    result = converge(rdma(host, trust="pcp"))
    assert names(result) == ["lossless:enp1s0f0:trust"]
    assert host.ports["enp1s0f0"]["app"] == {}


def test_with_stand_in_mlnx_qos_and_ofeds_ecn_files(host):
    host.put("/usr/bin/mlnx_qos")
    for side in ("roce_np", "roce_rp"):
        for priority in range(8):
            host.put(f"/sys/class/net/enp1s0f0/ecn/{side}/enable/{priority}", str(priority % 2))
    result = converge(rdma(host))
    assert names(result) == [
        f"lossless:enp1s0f0:{what}" for what in ("host_managed", "dscp", "trust", "pfc", "ecn")
    ]
    assert "mlnx_qos -i enp1s0f0 --pfc 0,0,0,1,0,0,0,0" in host.ran
    assert "mlnx_qos -i enp1s0f0 --dscp2prio set,26,3" in host.ran
    assert host.read("/sys/class/net/enp1s0f0/ecn/roce_np/enable/3") == "1"
    assert host.read("/sys/class/net/enp1s0f0/ecn/roce_rp/enable/1") == "0"
    subject = rdma(host)
    assert all(c.ok for c in subject.verify(subject.observe()) if "enp1s0f0" in c.name)


def test_mlnx_qos_shows_buffers(host):
    host.put("/usr/bin/mlnx_qos")
    tool = qos_tool(host)
    assert isinstance(tool, MlnxQos)
    assert tool.show("x").buffer == (130944, 130944, 0, 0, 0, 0, 0, 0)


def test_a_port_that_is_not_there_yet_is_planned(host):
    result = converge(rdma(host, ports=["data0"]), check=True)
    assert "lossless:data0:pfc" in names(result)

"""The lab's CNI plugin for Soft-RoCE; nsenter and rdma are stand-ins."""

import io
import json

import pytest

from lab.cni import lab_rxe

CONFIG = {"cniVersion": "1.0.0", "name": "rdma", "prevResult": {"ips": [{"address": "10.0.0.1/8"}]}}


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    """Soft-RoCE links that the stand-in for rdma made, by network."""
    links, net = {}, tmp_path / "net"
    net.write_text("")

    def rdma(netns, *arguments):
        said, status = "", 0
        if arguments[:2] == ("link", "add"):
            links[arguments[2]] = (netns, arguments[6])
        elif arguments[:2] == ("link", "delete"):
            links.pop(arguments[2])
        elif arguments[0] == "-json":
            said = json.dumps([{"ifname": k, "netdev": v[1]} for k, v in links.items()])
        return type("Done", (), {"returncode": status, "stdout": said, "stderr": ""})

    monkeypatch.setattr(lab_rxe, "rdma", rdma)
    there = {"/sys/module/rdma_rxe"}
    monkeypatch.setattr(lab_rxe.os.path, "isdir", lambda path: path in there)
    exists = lab_rxe.os.path.exists
    monkeypatch.setattr(
        lab_rxe.os.path, "exists",
        lambda path: path.rpartition("/")[2] in links if "infiniband" in path else exists(path),
    )  # fmt: skip
    for name, value in {"NETNS": net, "IFNAME": "net1", "CONTAINERID": "pod-1"}.items():
        monkeypatch.setenv(f"CNI_{name}", str(value))
    return type("Kernel", (), {"links": links, "net": net, "there": there})


def call(monkeypatch, command):
    monkeypatch.setenv("CNI_COMMAND", command)
    monkeypatch.setattr(lab_rxe.sys, "stdin", io.StringIO(json.dumps(CONFIG)))
    return lab_rxe.main()


def test_a_link_comes_with_the_interface_and_goes_before_it(kernel, monkeypatch, capsys):
    assert call(monkeypatch, "ADD") == 0
    assert json.loads(capsys.readouterr().out) == CONFIG["prevResult"]
    assert list(kernel.links.values()) == [(str(kernel.net), "net1")]
    assert call(monkeypatch, "CHECK") == 0
    assert call(monkeypatch, "DEL") == 0
    assert kernel.links == {}
    assert call(monkeypatch, "DEL") == 0  # once more, as runtimes do
    assert call(monkeypatch, "CHECK") == 1


def test_a_network_that_is_gone_leaves_no_link(kernel, monkeypatch):
    call(monkeypatch, "ADD")
    kernel.net.unlink()
    assert call(monkeypatch, "DEL") == 0
    assert kernel.links == {}


def test_a_node_without_soft_roce_gets_nothing(kernel, monkeypatch, capsys):
    kernel.there.clear()
    assert call(monkeypatch, "ADD") == 0
    assert kernel.links == {}
    assert json.loads(capsys.readouterr().out) == CONFIG["prevResult"]


def test_names_are_one_for_each_pod_and_interface():
    names = {lab_rxe.device(c, i) for c in ("a", "b") for i in ("net1", "net2")}
    assert len(names) == 4
    assert all(len(name) <= 15 for name in names)


def test_versions_are_said(monkeypatch, capsys):
    assert call(monkeypatch, "VERSION") == 0
    assert "1.0.0" in json.loads(capsys.readouterr().out)["supportedVersions"]

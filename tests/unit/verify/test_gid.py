"""The GID's index on a tree as Soft-RoCE on a bond with a VLAN showed it in the lab."""

import pytest
from ansible.module_utils.system import System
from ansible.module_utils.verify import gid

TABLE = [
    ("fe80:0000:0000:0000:b463:33ff:fe62:35e7", "RoCE v2", "bond0"),
    ("0000:0000:0000:0000:0000:ffff:0a0a:0001", "RoCE v2", "bond0.100"),
    ("fe80:0000:0000:0000:b463:33ff:fe62:35e7", "RoCE v2", "bond0.100"),
    ("0000:0000:0000:0000:0000:0000:0000:0000", None, None),
]


@pytest.fixture
def host(tmp_path):
    return build(tmp_path, TABLE)


def build(root, table):
    system = System(str(root))
    for number, (address, kind, netdev) in enumerate(table):
        base = f"{gid.DEVICES}/rxe0/ports/1"
        system.write_file(f"{base}/gids/{number}", address)
        if kind:
            system.write_file(f"{base}/gid_attrs/types/{number}", kind)
            system.write_file(f"{base}/gid_attrs/ndevs/{number}", netdev)
    return system


def test_the_gid_of_the_vlan(host):
    assert gid.find(host, "bond0.100", "10.10.0.1") == ("rxe0", 1)


def test_ipv6(host):
    assert gid.find(host, "bond0.100", "fe80::b463:33ff:fe62:35e7") == ("rxe0", 2)


def test_v1_and_v2_of_one_address(tmp_path):
    address = "0000:0000:0000:0000:0000:ffff:0a0a:0001"
    host = build(tmp_path, [(address, "IB/RoCE v1", "bond0"), (address, "RoCE v2", "bond0")])
    assert gid.find(host, "bond0", "10.10.0.1", version=1)[1] == 0
    assert gid.find(host, "bond0", "10.10.0.1", version=2)[1] == 1


def test_what_is_there_is_said(host):
    with pytest.raises(RuntimeError, match=r"no RoCE v2 GID of 10\.10\.0\.9 .*::ffff:10\.10\.0\.1"):
        gid.find(host, "bond0.100", "10.10.0.9")


def test_no_device(tmp_path):
    with pytest.raises(RuntimeError, match="no RDMA device"):
        gid.find(System(str(tmp_path)), "bond0", "10.10.0.1")
